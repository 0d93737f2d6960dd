"""One sample of a whole script: it runs in this process, once, as under `python`."""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["run_whole"]


def run_whole(path: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run a script and time it, until its last thread has ended.

    There is no warming up: a second run in the same process would find all modules imported.

    Args:
        path: Of the script.
        arguments: Its own.

    Returns:
        As `ungil.bench.worker.__main__` says.
    """
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120 - pathlib would be the largest thing imported here
    cpu, began = _cpu_seconds(), time.perf_counter()
    failure = _failure_of(path)
    # As at the end of any program; nothing else knows of pools that nobody has shut down.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - private, and not in the stubs
    wall = time.perf_counter() - began
    return {
        "items": 1,
        "start": 0.0,
        "warming": 0.0,
        "wall": wall,
        "cpu": _cpu_seconds() - cpu,
        "memory": None,
        "failed": int(bool(failure)),
        "failure": failure,
        "wrong": "",
        "compared": False,
    }


def _failure_of(path: str) -> str:
    """Run it; empty if it ended well."""
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as error:
        return "" if error.code in {None, 0} else f"it ended with {error.code}"
    except Exception as error:  # noqa: BLE001 - the user's script may raise anything
        return f"{type(error).__name__}: {error}"
    return ""


def _cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
