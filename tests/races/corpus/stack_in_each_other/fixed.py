"""Two threads keep on one stack where they are, and are there at the same time."""

import threading
import time


class Names(threading.local):
    def __init__(self):
        self.stack = []


class Tracer:
    def __init__(self):
        self.names = Names()
        self.seen = []

    def enter(self, name):
        self.names.stack.append(name)

    def leave(self):
        self.names.stack.pop()

    def tell(self):
        self.seen.append(self.names.stack[-1])


def handle(tracer, name, seconds):
    tracer.enter(name)
    time.sleep(seconds)
    tracer.tell()
    tracer.leave()


def main():
    tracer = Tracer()
    outer = threading.Thread(target=handle, args=(tracer, "outer", 0.3))
    inner = threading.Thread(target=handle, args=(tracer, "inner", 0.1))
    outer.start()
    time.sleep(0.1)
    inner.start()
    outer.join()
    inner.join()
    print(len(tracer.seen))


if __name__ == "__main__":
    main()
