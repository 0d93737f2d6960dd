"""Who changes it holds a lock around both methods."""

import threading


class Meter:
    def __init__(self):
        self._value = 0
        self.lock = threading.Lock()

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self._value = max(new, 0)


def read(meter):
    with meter.lock:
        meter.value += 1


def main():
    meter = Meter()
    threads = [threading.Thread(target=read, args=(meter,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(meter.value)


if __name__ == "__main__":
    main()
