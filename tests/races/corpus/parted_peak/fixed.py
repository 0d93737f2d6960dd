"""What stores the value takes the higher one; the look before only saves the attempt."""

import threading


class Peak:
    def __init__(self):
        self._top = 0
        self._lock = threading.Lock()

    def top(self):
        with self._lock:
            return self._top

    def raise_to(self, value):
        with self._lock:
            self._top = max(self._top, value)


def seen(peak, value):
    if value > peak.top():
        peak.raise_to(value)


def main():
    peak = Peak()
    threads = [threading.Thread(target=lambda: [seen(peak, n) for n in range(3)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(peak.top())


if __name__ == "__main__":
    main()
