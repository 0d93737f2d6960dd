"""A cache that is locked while its values are worked out."""

import threading

LOCK = threading.Lock()
SQUARES = {}


def squares(limit):
    with LOCK:
        key = limit % 4
        SQUARES[key] = sum(number * number for number in range(50_000))
        return SQUARES[key]


LIMITS = range(32)
