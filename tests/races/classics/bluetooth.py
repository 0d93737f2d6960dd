"""A driver that is stopped while it begins to serve.

It looks whether it is being stopped before it counts itself as busy. After
`bluetooth_driver_bad` of SCTBench; S. Qadeer, D. Wu, "KISS: Keep It Simple and Sequential",
PLDI 2004.
"""

import threading

from classics.in_threads import at_once


class Driver:
    def __init__(self):
        self.stopping = self.stopped = False
        self.busy = 1
        self.lock = threading.Lock()
        self.idle = threading.Event()

    def enters(self):
        if self.stopping:
            return False
        with self.lock:
            self.busy += 1
        return True

    def leaves(self):
        with self.lock:
            self.busy -= 1
            if self.busy == 0:
                self.idle.set()

    def serve(self):
        if self.enters():
            assert not self.stopped
            self.leaves()

    def stop(self):
        self.stopping = True
        self.leaves()
        self.idle.wait()
        self.stopped = True


class CarefulDriver(Driver):
    def enters(self):
        with self.lock:
            self.busy += 1
        if self.stopping:
            self.leaves()
            return False
        return True


def used(driver):
    at_once(driver.serve, driver.stop)


def racy():
    used(Driver())


def fixed():
    used(CarefulDriver())
