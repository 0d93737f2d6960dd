"""The oldest job is taken while others add some."""

import threading


class Jobs:
    def __init__(self):
        self.waiting = {"a": 1, "b": 2}

    def add(self, name):
        self.waiting[name] = 0

    def oldest(self):
        try:
            return max(age for age in self.waiting.values())  # expect: UG405
        except ValueError:
            return None


def main():
    jobs = Jobs()
    adding = threading.Thread(target=jobs.add, args=("c",))
    looking = threading.Thread(target=jobs.oldest)
    adding.start()
    looking.start()
    adding.join()
    looking.join()
    print(jobs.oldest())


if __name__ == "__main__":
    main()
