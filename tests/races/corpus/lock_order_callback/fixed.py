"""Listeners are called when the lock has been given back."""

import threading


class Thermometer:
    def __init__(self):
        self.lock = threading.Lock()
        self.listeners = []

    def listen(self, listener):
        with self.lock:
            self.listeners.append(listener)

    def measure(self, value):
        with self.lock:
            listeners = list(self.listeners)
        for listener in listeners:
            listener(value)


class Display:
    def __init__(self, thermometer):
        self.lock = threading.Lock()
        self.thermometer = thermometer
        self.value = None

    def show(self, value):
        with self.lock:
            self.value = value

    def connect(self):
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
