"""Loops over lists and deques."""

from collections import deque

from timing import Loops, measure


def hundred() -> list[int]:
    return list(range(100))


def indexed(a: list[int], n: int) -> None:
    for _ in range(n):
        a[3] = a[4] + 1


def by_index(a: list[int], n: int) -> int:
    total = 0
    for i in range(n):
        total += a[i % 100]
    return total


def pushed(a: list[int], n: int) -> None:
    for i in range(n):
        a.append(i)
        a.pop()


def iterated(a: list[int], n: int) -> int:
    total = 0
    for _ in range(n // 100 + 1):
        for one in a:
            total += one
    return total


def comprehended(a: list[int], n: int) -> None:
    for _ in range(n // 100 + 1):
        a[:] = [one ^ 1 for one in a]


def queued(a: deque[int], n: int) -> None:
    for i in range(n):
        a.append(i)
        if len(a) > 10:
            a.popleft()


LOOPS: Loops = {
    "a[3] = a[4] + 1": (hundred, indexed),
    "a[i]": (hundred, by_index),
    "append, pop": (hundred, pushed),
    "for one in a": (hundred, iterated),
    "a[:] = [... in a]": (hundred, comprehended),
    "deque": (deque, queued),
}

if __name__ == "__main__":
    measure(LOOPS)
