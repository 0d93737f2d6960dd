"""A thread-local with a list that all threads have in common."""

import threading


class Context(threading.local):
    def __init__(self):
        self.usage = {"queries": 0}

    def query(self):
        self.usage["queries"] += 1


context = Context()


def handle():
    for _ in range(20):
        context.query()


def main():
    threads = [threading.Thread(target=handle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(context.usage)


if __name__ == "__main__":
    main()
