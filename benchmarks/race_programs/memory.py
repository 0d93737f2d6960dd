"""Holds 200000 small objects and dicts, touches each, and prints its peak memory in MiB."""

import resource
import sys
from pathlib import Path

HOW_MANY = 100_000


class Item:
    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"item {number}"
        self.seen = False


def fill() -> tuple[list[Item], list[dict[str, object]]]:
    items, rows = [], []
    for number in range(HOW_MANY):
        items.append(Item(number))
        rows.append({"number": number, "name": f"row {number}", "seen": False})
    return items, rows


def touch(items: list[Item], rows: list[dict[str, object]]) -> int:
    seen = 0
    for item in items:
        if item.number % 2:
            item.seen = True
            seen += 1
    for row in rows:
        if len(str(row["name"])) > 4:
            row["seen"] = True
            seen += 1
    return seen


def peak() -> float:
    """Of this program alone: what it was before it was executed counts in `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    held = fill()
    touch(*held)
    print(f"{peak():.1f} 200000 objects and dicts")
