"""Loops over attributes."""

from timing import Loops, measure


class Counter:
    """A counter."""

    def __init__(self) -> None:
        self.x = 0

    def add(self, more: int) -> None:
        self.x += more

    def value(self) -> int:
        return self.x


class Slotted:
    """A point in slots."""

    __slots__ = ("x", "y")

    def __init__(self) -> None:
        self.x = self.y = 0


class Node:
    """One of a ring."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.next = self


def ring() -> Node:
    first = last = Node(0)
    for value in range(1, 50):
        node = Node(value)
        last.next = node
        last = node
    last.next = first
    return first


def assigned(o: Counter, n: int) -> None:
    for _ in range(n):
        o.x = o.x + 1


def augmented(o: Counter, n: int) -> None:
    for _ in range(n):
        o.x += 1


def by_method(o: Counter, n: int) -> None:
    for _ in range(n):
        o.add(o.value() & 1)


def in_slots(o: Slotted, n: int) -> None:
    for _ in range(n):
        o.x = o.y + 1
        o.y = o.x - 1


def walked(node: Node, n: int) -> int:
    total = 0
    for _ in range(n):
        total += node.value
        node = node.next
    return total


LOOPS: Loops = {
    "o.x = o.x + 1": (Counter, assigned),
    "o.x += 1": (Counter, augmented),
    "o.add(o.value())": (Counter, by_method),
    "two slots": (Slotted, in_slots),
    "walk 50 nodes": (ring, walked),
}

if __name__ == "__main__":
    measure(LOOPS)
