"""The work that is measured, and one measurement of it.

    python -c TEXT_OF_THIS_FILE threads SECONDS
    python -c TEXT_OF_THIS_FILE alone SECONDS AT

It runs inside the measured interpreter, a bare CPython of 3.7 or later, hence
imports the standard library only, and nothing of ungil. One line of JSON goes
to standard output.

The work is a mix of what programs in pure Python are made of: calls,
attributes, dictionaries, lists, integers and strings. It is no benchmark of
anybody's program; that is what `ungil bench` is for. No object is shared
between two threads but the code and the classes, because contention is a
property of programs and not of interpreters.
"""

from __future__ import annotations

import json
import sys
import threading
import time

_WARMING = 0.05  # seconds in which the interpreter specialises the code


class _Point:
    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y

    def move(self, step: int) -> None:
        self.x += step
        self.y ^= step


def work() -> int:
    """One unit of the work: a fifth of a millisecond, more or less."""
    point = _Point(3, 5)
    seen: dict[int, int] = {}
    words = []
    total = 0
    for number in range(400):
        point.move(number)
        key = number % 17
        seen[key] = seen.get(key, 0) + number
        words.append(str(number))
        total += number * number % 11
    text = ",".join(words)
    return total + len(text.split(",")) + sum(seen.values()) + point.x


def work_until(until: float) -> int:
    """How many units are done by a moment of `time.perf_counter`."""
    units = 0
    while time.perf_counter() < until:
        work()
        units += 1
    return units


def in_threads(count: int, seconds: float) -> dict[str, float]:
    """Work in so many threads at the same time."""
    units = [0] * count
    wall, cpu = time.perf_counter(), time.process_time()
    until = wall + seconds

    def run(index: int) -> None:
        units[index] = work_until(until)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"units": sum(units), "cpu": cpu, "wall": wall}


def alone(seconds: float, at: float) -> dict[str, float]:
    """Work in this process alone, from a moment of `time.time` on."""
    time.sleep(max(0.0, at - time.time()))
    began, cpu, wall = time.time(), time.process_time(), time.perf_counter()
    units = work_until(wall + seconds)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"units": units, "cpu": cpu, "wall": wall, "began": began, "ended": began + wall}


def main(mode: str, *arguments: str) -> None:
    """Measure once, and report."""
    seconds, *rest = map(float, arguments)
    work_until(time.perf_counter() + _WARMING)
    if mode == "alone":
        report: dict[str, object] = dict(alone(seconds, *rest))
    else:
        report = {"one": in_threads(1, seconds), "two": in_threads(2, seconds)}
    # At the end: what was imported may have switched it on.
    gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    print(json.dumps({"gil": gil_enabled(), "result": report}))


if __name__ == "__main__":
    main(*sys.argv[1:])
