"""Between the looking and the storing a higher value may come, and be overwritten."""

import threading


class Peak:
    def __init__(self):
        self._top = 0
        self._lock = threading.Lock()

    def top(self):
        with self._lock:
            return self._top

    def set_top(self, value):
        with self._lock:
            self._top = value


def seen(peak, value):
    if value > peak.top():  # expect: UG402
        peak.set_top(value)


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
