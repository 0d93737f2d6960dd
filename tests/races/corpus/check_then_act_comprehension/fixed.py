"""The ids that are new, by a comprehension that remembers them."""

import threading


class Inbox:
    def __init__(self):
        self.known = set()
        self.lock = threading.Lock()

    def fresh(self, ids):
        with self.lock:
            return [self.known.add(i) or i for i in ids if i not in self.known]


def main():
    inbox = Inbox()
    threads = [threading.Thread(target=inbox.fresh, args=([1, 2, 3],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(inbox.known))


if __name__ == "__main__":
    main()
