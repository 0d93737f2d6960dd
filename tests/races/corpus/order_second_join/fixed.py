"""Two threads wait for the end of a third one, one after the other."""

import threading
import time


class Result:
    def __init__(self):
        self.count = 0


def main():
    result = Result()

    def count():
        result.count += 1

    first = threading.Thread(target=count)

    def count_on():
        time.sleep(0.05)
        first.join()
        result.count += 1

    second = threading.Thread(target=count_on)
    first.start()
    second.start()
    first.join()
    second.join()
    print(result.count)


if __name__ == "__main__":
    main()
