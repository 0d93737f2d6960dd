"""A free list whose compare-and-swap takes a node that has come back for the one that it was.

One thread has read the top and what lies below it, and is interrupted; another takes both, and
gives the first one back. The swap succeeds, and the list hands out a node that is in use. After
the ABA problem of "IBM System/370 Extended Architecture, Principles of Operation", 1983, and
`safestack` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Node:
    def __init__(self, name, below):
        self.name = name
        self.below = below
        self.owner = None


class FreeList:
    def __init__(self):
        self.swaps = threading.Lock()
        self.top = (Node("a", (Node("b", None), 0)), 0)

    def version(self, _):
        return 0

    def swap(self, old, new):
        with self.swaps:
            if self.top != old:
                return False
            self.top = new
            return True

    def take(self, owner):
        while (top := self.top) is not None:
            node = top[0]
            below = node.below
            if self.swap(top, below):
                assert node.owner is None
                node.owner = owner
                return node
        return None

    def give(self, node):
        node.owner = None
        while True:
            top = self.top
            node.below = top
            if self.swap(top, (node, self.version(node))):
                return


class VersionedList(FreeList):
    """Each time that a node comes back it has another number."""

    def __init__(self):
        super().__init__()
        self.given = 0

    def version(self, _):
        self.given += 1
        return self.given


def used(free):
    def takes():
        free.take("one")

    def takes_and_gives():
        first = free.take("other")
        free.take("other")
        if first is not None:
            free.give(first)

    at_once(takes, takes_and_gives)
    seen, top = set(), free.top
    while top is not None:
        assert top[0].owner is None
        assert top[0].name not in seen
        seen.add(top[0].name)
        top = top[0].below


def racy():
    used(FreeList())


def fixed():
    used(VersionedList())
