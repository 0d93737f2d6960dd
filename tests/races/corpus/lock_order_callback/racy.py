"""Listeners are called under the lock, and one of them has a lock of its own."""

import threading


class Thermometer:
    def __init__(self):
        self.lock = threading.Lock()
        self.listeners = []

    def listen(self, listener):
        with self.lock:  # expect: UG409
            self.listeners.append(listener)

    def measure(self, value):
        with self.lock:  # expect: UG409
            for listener in self.listeners:
                listener(value)


class Display:
    def __init__(self, thermometer):
        self.lock = threading.Lock()
        self.thermometer = thermometer
        self.value = None

    def show(self, value):
        with self.lock:  # expect: UG409
            self.value = value

    def connect(self):
        with self.lock:  # expect: UG409
            self.thermometer.listen(self.show)


def main():
    thermometer = Thermometer()
    display = Display(thermometer)
    display.connect()
    measuring = threading.Thread(target=thermometer.measure, args=(20,))
    connecting = threading.Timer(0.03, display.connect)
    measuring.start()
    connecting.start()
    measuring.join()
    connecting.join()
    print(len(thermometer.listeners))


if __name__ == "__main__":
    main()
