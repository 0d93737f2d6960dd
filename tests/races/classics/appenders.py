"""A logger that calls its appender under its lock, and an appender that asks its logger.

After the deadlocks of log4j in JaConTeBe.
"""

import threading

from classics.in_threads import at_once


class Logger:
    def __init__(self):
        self.lock = threading.Lock()
        self.level = 1
        self.appender = Appender(self)

    def log(self, text):
        with self.lock:
            self.appender.append(text)

    def is_enabled(self):
        with self.lock:
            return self.level > 0


class Appender:
    def __init__(self, logger):
        self.lock = threading.Lock()
        self.logger = logger
        self.lines = []

    def append(self, text):
        with self.lock:
            self.lines.append(text)

    def close(self):
        with self.lock:
            if self.logger.is_enabled():
                self.lines.append("closed")


class CarefulLogger(Logger):
    def log(self, text):
        with self.lock:
            appender = self.appender
        appender.append(text)


def used(logger):
    at_once(lambda: logger.log("hello"), logger.appender.close)


def racy():
    used(Logger())


def fixed():
    used(CarefulLogger())
