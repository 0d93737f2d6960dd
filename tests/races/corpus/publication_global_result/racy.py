"""The latest result is left in a global for whoever wants it."""

import threading

latest = None


class Result:
    def __init__(self, value):
        self.value = value


def compute():
    global latest
    latest = Result(42)  # expect: UG408


def peek():
    if latest is not None:  # expect: UG408
        return latest.value  # allow: UG408
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
