"""The product of two matrices that are lists of lists: all workers read the second one."""

from __future__ import annotations

PARAMETERS = {"size": 200, "pieces": 24}
QUICK = {"size": 110}

Matrix = list[list[int]]
Part = tuple[Matrix, Matrix]


def items(size: int, pieces: int) -> list[Part]:
    """Some rows of the first matrix, with all columns of the second."""
    rows, other = _matrix(size, 7), _matrix(size, 11)
    columns = [list(column) for column in zip(*other, strict=True)]
    bounds = [size * at // pieces for at in range(pieces + 1)]
    return [(rows[bounds[at] : bounds[at + 1]], columns) for at in range(pieces)]


def task(part: Part) -> Matrix:
    """The rows of the product."""
    rows, columns = part
    product = []
    for row in rows:
        line = []
        for column in columns:
            total = 0
            for left, right in zip(row, column, strict=True):
                total += left * right
            line.append(total)
        product.append(line)
    return product


def check(results: list[Matrix], size: int, pieces: int) -> bool:
    """Do the product, and the two matrices one after the other, do the same to a vector?

    That is R. Freivalds, Probabilistic Machines Can Use Less Running Time, 1977.
    """
    product = [row for part in results for row in part]
    vector = [(at * at + 1) % 1009 for at in range(size)]
    wanted = _times(_matrix(size, 7), _times(_matrix(size, 11), vector))
    return len(results) == pieces and _times(product, vector) == wanted


def _matrix(size: int, seed: int) -> Matrix:
    return [
        [(row * seed + column * column) % 9973 for column in range(size)] for row in range(size)
    ]


def _times(matrix: Matrix, vector: list[int]) -> list[int]:
    return [sum(map(int.__mul__, row, vector)) for row in matrix]
