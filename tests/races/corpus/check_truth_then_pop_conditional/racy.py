"""Buffers are used again if there is one, and made if there is none."""

import threading


class Buffers:
    def __init__(self):
        self.free = [bytearray(16)]

    def take(self):
        return self.free.pop() if self.free else bytearray(16)  # expect: UG402


def use(buffers):
    buffers.take()[0] = 1


def main():
    buffers = Buffers()
    threads = [threading.Thread(target=use, args=(buffers,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(buffers.free))


if __name__ == "__main__":
    main()
