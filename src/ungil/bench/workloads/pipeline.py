"""Parts of one file of records, each read, parsed, filtered and added up by shop."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

PARAMETERS = {"records": 13_000, "parts": 64}
QUICK = {"records": 2_000}

Part = tuple[str, int, int]

_SHOPS = 23
_BROKEN = 97
"""One of so many records has no price, as in life."""


def items(records: int, parts: int) -> list[Part]:
    """The file, and where each part begins and how long it is; written before any timing."""
    path = Path(_folder().name, "records.csv")
    part = "".join(map(_record, range(records))).encode()
    path.write_bytes(part * parts)
    return [(str(path), len(part) * number, len(part)) for number in range(parts)]


def task(part: Part) -> dict[str, int]:
    """What each shop has taken, in cents."""
    name, first, length = part
    with Path(name).open("rb") as file:
        file.seek(first)
        text = file.read(length).decode()
    taken: dict[str, int] = {}
    for line in text.splitlines():
        _, shop, count, price = line.split(",")
        if not price:
            continue
        whole, cents = price.split(".")
        amount = int(count) * (int(whole) * 100 + int(cents))
        taken[shop] = taken.get(shop, 0) + amount
    return taken


def check(results: list[dict[str, int]], records: int, parts: int) -> bool:
    """Is it what the pattern of the records gives, without any text?"""
    wanted: dict[str, int] = {}
    for number in range(records):
        if number % _BROKEN:
            shop = _shop(number)
            wanted[shop] = wanted.get(shop, 0) + _count(number) * _cents(number)
    return results == [wanted] * parts


def _record(number: int) -> str:
    whole, cents = divmod(_cents(number), 100)
    price = f"{whole}.{cents:02}" if number % _BROKEN else ""
    return f"2026-02-{number % 28 + 1:02},{_shop(number)},{_count(number)},{price}\n"


def _shop(number: int) -> str:
    return f"shop {number * number % _SHOPS}"


def _count(number: int) -> int:
    return number % 5 + 1


def _cents(number: int) -> int:
    return number % 9901 + 99


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """One for the process; removed when it ends, or with what the sample was given."""
    return tempfile.TemporaryDirectory()
