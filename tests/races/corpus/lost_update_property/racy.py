"""What looks like an attribute is two methods."""

import threading


class Meter:
    def __init__(self):
        self._value = 0

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self._value = max(new, 0)


def read(meter):
    meter.value += 1  # expect: UG401


def main():
    meter = Meter()
    threads = [threading.Thread(target=read, args=(meter,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(meter.value in {1, 2})


if __name__ == "__main__":
    main()
