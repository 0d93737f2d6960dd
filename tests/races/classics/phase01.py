"""A lock that is not given back on one of the ways out.

Which way a thread goes depends on who came before. After `phase01_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Phase:
    def __init__(self):
        self.lock = threading.Lock()
        self.ready = False
        self.runs = 0

    def prepare(self):
        with self.lock:
            self.ready = True

    def run(self):
        self.lock.acquire()
        if not self.ready:
            return
        self.runs += 1
        self.lock.release()


class CarefulPhase(Phase):
    def run(self):
        with self.lock:
            if self.ready:
                self.runs += 1


def racy():
    phase = Phase()
    at_once(phase.run, phase.prepare)


def fixed():
    phase = CarefulPhase()
    at_once(phase.run, phase.prepare)
