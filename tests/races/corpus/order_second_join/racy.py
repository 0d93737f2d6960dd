"""Only one of two threads waits for the end of a third one."""

import threading


class Result:
    def __init__(self):
        self.count = 0


def main():
    result = Result()

    def count():
        result.count += 1  # expect: UG401

    first = threading.Thread(target=count)

    def count_on():
        result.count += 1  # expect: UG401

    second = threading.Thread(target=count_on)
    second.start()
    first.start()
    first.join()
    second.join()
    print(result.count)


if __name__ == "__main__":
    main()
