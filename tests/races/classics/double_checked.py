"""Double-checked locking that publishes what is not ready.

Who looks without the lock sees an object that is still being filled. After D. Bacon et al.,
"The 'Double-Checked Locking is Broken' Declaration",
https://www.cs.umd.edu/~pugh/java/memoryModel/DoubleCheckedLocking.html
"""

import threading

from classics.in_threads import at_once


class Settings:
    def __init__(self):
        self.lock = threading.Lock()
        self.values = None

    def get(self):
        if self.values is None:
            with self.lock:
                if self.values is None:
                    self.values = {}
                    self.values["colour"] = "green"
        return self.values["colour"]


class ReadySettings(Settings):
    def get(self):
        if self.values is None:
            with self.lock:
                if self.values is None:
                    values = {}
                    values["colour"] = "green"
                    self.values = values
        return self.values["colour"]


def used(settings):
    at_once(settings.get, settings.get)


def racy():
    used(Settings())


def fixed():
    used(ReadySettings())
