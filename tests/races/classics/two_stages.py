"""Writers and a reader of two values, for `twostage` and `twostage_10`."""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Data:
    first = second = 0


def stages(*, writers, apart):
    data = Data()
    first, second = threading.Lock(), threading.Lock()
    both = nullcontext() if apart else threading.Lock()

    def write():
        with both:
            with first:
                data.first = 1
            with second:
                data.second = data.first + 1

    def read():
        with both:
            with first:
                if data.first == 0:
                    return
                value = data.first
            with second:
                assert data.second == value + 1

    at_once(*[write] * writers, read)
