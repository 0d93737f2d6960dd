"""Documents of JSON, read, changed and written again: C modules that hold the GIL."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PARAMETERS = {"orders": 800, "documents": 64}
QUICK = {"orders": 140}

_ARTICLES = 6
_SHOP = "a shop"


def items(orders: int, documents: int) -> list[str]:
    """Documents, each of a shop of its own."""
    text = json.dumps({"shop": _SHOP, "orders": [_order(number) for number in range(orders)]})
    return [text.replace(_SHOP, f"shop {number}") for number in range(documents)]


def task(text: str) -> str:
    """Add to each order what it comes to, and to the document what they come to together."""
    document = json.loads(text)
    total = 0
    for order in document["orders"]:
        order["cents"] = sum(line["count"] * line["cents"] for line in order["lines"])
        total += order["cents"]
    document["cents"] = total
    return json.dumps(document)


def check(results: list[str], orders: int, documents: int) -> bool:
    """Is it what is written when all sums are known beforehand?"""
    # 1 + 2 + … articles of an order, each at its number of cents.
    each = [number * _ARTICLES * (_ARTICLES + 1) // 2 for number in range(orders)]
    text = json.dumps(
        {
            "shop": _SHOP,
            "orders": [{**_order(number), "cents": cents} for number, cents in enumerate(each)],
            "cents": sum(each),
        }
    )
    return results == [text.replace(_SHOP, f"shop {number}") for number in range(documents)]


def _order(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "customer": f"customer {number % 17}",
        "paid": number % 3 == 0,
        "lines": [
            {"article": f"article {count}", "count": count, "cents": number}
            for count in range(1, _ARTICLES + 1)
        ],
    }
