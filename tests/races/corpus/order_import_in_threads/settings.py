"""Made by whichever thread imports it first."""

from threading import Lock

ROUNDS = 10
rounds = 0
lock = Lock()
