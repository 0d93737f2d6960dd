"""Threads without the threading module."""

import _thread


class Pulse:
    def __init__(self):
        self.beats = 0


def beat(pulse, done):
    for _ in range(20):
        pulse.beats += 1  # expect: UG401
    done.release()


def main():
    pulse = Pulse()
    ends = [_thread.allocate_lock() for _ in range(2)]
    for done in ends:
        done.acquire()
        _thread.start_new_thread(beat, (pulse, done))
    for done in ends:
        done.acquire()
    print(pulse.beats)


if __name__ == "__main__":
    main()
