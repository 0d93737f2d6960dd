"""Loops over dicts and sets."""

from timing import Loops, measure


def one_key() -> dict[str, int]:
    return {"k": 0}


def many_keys() -> dict[int, int]:
    return dict.fromkeys(range(1000), 0)


def by_pairs() -> dict[tuple[int, int], int]:
    return {(i, j): 0 for i in range(30) for j in range(30)}


def counted(d: dict[str, int], n: int) -> None:
    k = "k"
    for _ in range(n):
        d[k] = d[k] + 1


def augmented(d: dict[str, int], n: int) -> None:
    for _ in range(n):
        d["k"] += 1


def contained(d: dict[str, int], n: int) -> int:
    k, found = "k", 0
    for _ in range(n):
        if k in d:
            found += 1
    return found


def got(d: dict[str, int], n: int) -> int:
    k, total = "k", 0
    for _ in range(n):
        total += d.get(k, 0)
    return total


def set_default(d: dict[str, int], n: int) -> None:
    k = "k"
    for _ in range(n):
        d.setdefault(k, 0)


def histogram(d: dict[int, int], n: int) -> None:
    for i in range(n):
        k = i * 7919 % 1000
        d[k] = d.get(k, 0) + 1


def grid(d: dict[tuple[int, int], int], n: int) -> None:
    for i in range(n):
        d[i % 30, 7] += 1


def cached(d: dict[int, int], n: int) -> None:
    for i in range(n):
        k = i % 1000
        if k not in d:
            d[k] = i
        elif d[k] > n:
            del d[k]


LOOPS: Loops = {
    "d[k] = d[k] + 1": (one_key, counted),
    "d['k'] += 1": (one_key, augmented),
    "k in d": (one_key, contained),
    "d.get(k)": (one_key, got),
    "d.setdefault(k)": (one_key, set_default),
    "1000 keys": (many_keys, histogram),
    "computed tuples": (by_pairs, grid),
    "if k not in d": (many_keys, cached),
}

if __name__ == "__main__":
    measure(LOOPS)
