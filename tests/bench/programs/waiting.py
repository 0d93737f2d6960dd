"""Each task asks a slow service."""

import time

REQUESTS = range(24)


def ask(number):
    time.sleep(0.01)
    return number
