"""Some take one lock, some take another.

After `wronglock_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Register:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()
        self.other = threading.Lock()

    def add(self, lock):
        with lock:
            value = self.value
            self.value = value + 1


def racy():
    register = Register()
    at_once(
        lambda: register.add(register.lock),
        lambda: register.add(register.other),
        lambda: register.add(register.other),
        lambda: register.add(register.other),
    )
    assert register.value == 4


def fixed():
    register = Register()
    at_once(*[lambda: register.add(register.lock)] * 4)
    assert register.value == 4
