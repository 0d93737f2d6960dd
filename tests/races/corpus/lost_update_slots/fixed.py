"""A gauge without a dictionary."""

import threading


class Gauge:
    __slots__ = ("lock", "value")

    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def up(self):
        with self.lock:
            self.value += 1

    def down(self):
        with self.lock:
            self.value -= 1


def main():
    gauge = Gauge()
    threads = [threading.Thread(target=gauge.up), threading.Thread(target=gauge.down)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(gauge.value)


if __name__ == "__main__":
    main()
