"""The latest result is left in a global for whoever wants it."""

import threading

latest = None
lock = threading.Lock()


class Result:
    def __init__(self, value):
        self.value = value


def compute():
    global latest
    with lock:
        latest = Result(42)


def peek():
    with lock:
        if latest is not None:
            return latest.value
        return 0


def main():
    computing = threading.Thread(target=compute)
    peeking = threading.Thread(target=peek)
    computing.start()
    peeking.start()
    computing.join()
    peeking.join()
    print(peek())


if __name__ == "__main__":
    main()
