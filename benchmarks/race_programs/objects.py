"""Loops that make objects."""

from timing import Loops, measure


class Point:
    """A point."""

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: "Point") -> "Point":
        return Point(self.x + other.x, self.y + other.y)


class Tree:
    """A binary tree."""

    def __init__(self, left: "Tree | None", right: "Tree | None") -> None:
        self.left = left
        self.right = right


def step() -> Point:
    return Point(1, 2)


def points(by: Point, n: int) -> Point:
    at = Point(0, 0)
    for _ in range(n):
        at = at + by
    return at


def records(_: object, n: int) -> None:
    for i in range(n):
        row = {"number": i, "length": 7}
        row["before"] = row["number"] - 1


def grown(depth: int) -> Tree:
    return Tree(grown(depth - 1), grown(depth - 1)) if depth else Tree(None, None)


def nodes(tree: Tree | None) -> int:
    return 0 if tree is None else 1 + nodes(tree.left) + nodes(tree.right)


def trees(_: object, n: int) -> None:
    for _ in range(n // 127 + 1):
        nodes(grown(6))


LOOPS: Loops = {
    "Point + Point": (step, points),
    "small dicts": (step, records),
    "trees, by node": (step, trees),
}

if __name__ == "__main__":
    measure(LOOPS)
