"""Run a program under raceguard, whose `protect` has to be put around what threads share.

    python guarded.py loops attributes
    python guarded.py races FILE

Loops get their data protected. Of a racy program all that raceguard can wrap is wrapped, as
its author would: the mutable globals, and what is given to threads, also the object whose
method a thread runs. Then it is strict: whatever two threads do without its lock is a race.
Prints each race as `file:line file:line`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import threading
import types
from collections.abc import Callable
from typing import Any, cast

_proxies: dict[int, tuple[object, object]] = {}


def protected(value: Any) -> Any:  # noqa: ANN401 - whatever it is
    """The one proxy of an object, if it can have one."""
    import raceguard  # type: ignore[import-not-found,unused-ignore]  # only where it is compared

    kinds = (int, float, str, tuple, bool, bytes, frozenset, type(None), type, types.ModuleType)
    if isinstance(value, kinds):
        return value
    if isinstance(value, types.MethodType):
        return functools.partial(value.__func__, protected(value.__self__))
    if callable(value) or type(value).__module__ in {"_thread", "threading", "queue"}:
        return value
    if id(value) not in _proxies:
        _proxies[id(value)] = value, raceguard.protect(value)
    return _proxies[id(value)][1]


def loops(name: str) -> None:
    """Time the loops of a program of this folder."""
    import raceguard
    from timing import measure

    raceguard.configure(mode="warn")
    for loop in importlib.import_module(name).LOOPS.items():
        try:
            measure(dict([loop]), protected)
        except Exception as error:  # noqa: BLE001 - a proxy is not quite what it stands for
            print(f"guarded: {loop[0]}: {error!r}", file=sys.stderr)


def races(path: str) -> None:
    """Run a program and print the races in it."""
    import raceguard

    raceguard.configure(mode="warn", strict=True)
    spec = importlib.util.spec_from_file_location("program", path)
    if spec is None or spec.loader is None:
        sys.exit(f"cannot run {path}")
    program = importlib.util.module_from_spec(spec)
    sys.modules["program"] = program
    spec.loader.exec_module(program)
    for name, value in list(vars(program).items()):
        if not name.startswith("__"):
            setattr(program, name, protected(value))
    original = threading.Thread.__init__

    def thread(self: threading.Thread, *args: Any, **more: Any) -> None:  # noqa: ANN401 - as threading has it
        if "target" in more:
            more["target"] = protected(more["target"])
        if "args" in more:
            more["args"] = tuple(map(protected, more["args"]))
        original(self, *args, **more)

    cast(Any, threading.Thread).__init__ = thread
    try:
        cast(Callable[[], None], program.main)()
    finally:
        for one in raceguard.clear_warnings():
            places = (one.previous_location, one.current_location)
            print(" ".join(f"{file}:{line}" for file, line, _ in places))


if __name__ == "__main__":
    {"loops": loops, "races": races}[sys.argv[1]](sys.argv[2])
