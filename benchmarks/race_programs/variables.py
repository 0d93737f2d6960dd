"""Loops over global variables and those of a function around."""

from collections.abc import Callable

from timing import Loops, measure

counter = 0
table = {"k": 0}


def nothing() -> None:
    pass


def global_counter(_: object, n: int) -> None:
    global counter
    for _ in range(n):
        counter += 1


def global_read(_: object, n: int) -> int:
    total = 0
    for _ in range(n):
        total += counter
    return total


def global_table(_: object, n: int) -> None:
    for _ in range(n):
        table["k"] += 1


def closure() -> Callable[[], None]:
    count = 0

    def add() -> None:
        nonlocal count
        count += 1

    return add


def closure_counter(add: Callable[[], None], n: int) -> None:
    for _ in range(n):
        add()


LOOPS: Loops = {
    "global counter += 1": (nothing, global_counter),
    "read a global": (nothing, global_read),
    "table['k'] += 1": (nothing, global_table),
    "nonlocal count += 1": (closure, closure_counter),
}

if __name__ == "__main__":
    measure(LOOPS)
