"""A stack that is asked whether it is empty, and popped then.

Both are locked, each for itself. After `stack_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Stack:
    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def push(self, item):
        with self.lock:
            self.items.append(item)

    def empty(self):
        with self.lock:
            return not self.items

    def pop(self):
        with self.lock:
            return self.items.pop()

    def pop_if_any(self):
        with self.lock:
            return self.items.pop() if self.items else None


def racy():
    stack = Stack()

    def consume():
        if not stack.empty():
            stack.pop()

    at_once(lambda: stack.push(1), consume, consume)


def fixed():
    stack = Stack()
    at_once(lambda: stack.push(1), stack.pop_if_any, stack.pop_if_any)
