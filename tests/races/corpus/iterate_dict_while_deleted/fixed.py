"""Sessions that are too old are removed while others look."""

import threading


class Sessions:
    def __init__(self):
        self.ages = {"a": 10, "b": 99}
        self.lock = threading.Lock()

    def oldest(self):
        with self.lock:
            return max(age for age in self.ages.values())

    def end(self, name):
        with self.lock:
            del self.ages[name]


def main():
    sessions = Sessions()
    looking = threading.Thread(target=sessions.oldest)
    ending = threading.Thread(target=sessions.end, args=("b",))
    looking.start()
    ending.start()
    looking.join()
    ending.join()
    print(sessions.oldest())


if __name__ == "__main__":
    main()
