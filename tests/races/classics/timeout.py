"""A wait whose end by its timeout is taken for success.

Who waits holds the lock that the other needs to answer, so only if the other one was first is
there an answer. After the wait-notify deadlocks of JaConTeBe.
"""

import threading

from classics.in_threads import at_once


class Mailbox:
    def __init__(self):
        self.lock = threading.Lock()
        self.came = threading.Event()
        self.answer = None

    def reply(self):
        with self.lock:
            self.answer = "yes"
            self.came.set()

    def ask(self):
        with self.lock:
            self.came.wait(0.05)
            assert self.answer == "yes"


class CarefulMailbox(Mailbox):
    def ask(self):
        if self.came.wait(5):
            with self.lock:
                assert self.answer == "yes"


def racy():
    mailbox = Mailbox()
    at_once(mailbox.ask, mailbox.reply)


def fixed():
    mailbox = CarefulMailbox()
    at_once(mailbox.ask, mailbox.reply)
