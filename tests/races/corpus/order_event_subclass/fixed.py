"""A signal that can be named; the measurement is finished after it."""

import threading


class Signal(threading.Event):
    def __init__(self, name):
        super().__init__()
        self.name = name


class Probe:
    def __init__(self):
        self.done = Signal("done")
        self.values = {"runs": 0}

    def measure(self):
        self.values["runs"] += 1
        self.done.set()


def main():
    probe = Probe()
    thread = threading.Thread(target=probe.measure)
    thread.start()
    probe.done.wait()
    probe.values["runs"] += 1
    thread.join()
    print(probe.values, probe.done.name)


if __name__ == "__main__":
    main()
