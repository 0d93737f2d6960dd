"""Reads what is asked, does it, and writes what came of it.

A request is an object of JSON:

- `ask`: `sample`; `profile` for what the task is like; or `marked` for the functions of a
  module that are marked;
- `function`, `items`, `setup`, `check`, `coroutine`: `module:name`, or empty;
- `parameters`: what `items` and `check` are called with; `calls`: how many, where there are
  no items;
- `arm`, `workers`; `piece`: how many items are sent at once, or null;
- `truth`: the file with the results in serial, or empty; `keep`: write it, rather than read it.

The answer is one as well: `problem` and `kind` say why there is nothing else; otherwise it has
`items` (how many), `start` (seconds until all workers stood ready), `warming` (seconds), `wall`
and `cpu` (seconds; null where the system does not say), `memory` (bytes; likewise), `failed` (how
many items) and `failure` (the first), `wrong` (what is different from serial), `compared` (could
that be told), `gil` (was the GIL on at the end) and `switch` (what switched it on).

A profile has `items`, `wall`, `cpu`, and `delay` (seconds without a processor); of the items'
seconds the `mean`, the `variation` (relative) and the `longest` (relative to all); `function`,
`given` and `results` (of each the `bytes` and `seconds` of pickling them all, and the
`problem`); and `looks`, `held` and `untold` (see `held`).
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from concurrent.futures import BrokenExecutor

from ungil.bench.worker.arms import OLDEST
from ungil.bench.worker.profile import profile
from ungil.bench.worker.sample import measure
from ungil.bench.worker.task import TaskError, load, marked
from ungil.runtime import gil_status
from ungil.runtime.status import FREE_THREADED_BUILD
from ungil.runtime.watch import watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ungil.bench.worker.task import Task

_UNPICKLED = (pickle.PicklingError, AttributeError, TypeError)
"""What pickling raises; the last two come from objects without a way to be pickled."""


def main(asked: str, answer: str) -> None:
    """Do what a file asks, and write the answer to another."""
    with open(asked, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
        request = json.load(file)
    if FREE_THREADED_BUILD:
        watch()
    found = _answer(request)
    status = gil_status()
    found["gil"] = status.enabled
    found["switch"] = str(status.switch) if status.switch is not None else ""
    beside = f"{answer}.new"
    with open(beside, "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        json.dump(found, file)
    os.replace(beside, answer)  # noqa: PTH105 - likewise


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        if request["ask"] == "marked":
            return {"marked": marked(request["function"])}
        task = load(request)
    except TaskError as error:
        return _problem("task", str(error))
    return profile(task) if request["ask"] == "profile" else _sampled(request, task)


def _sampled(request: dict[str, Any], task: Task) -> dict[str, Any]:
    reason = _inapplicable(request["arm"], task)
    if reason:
        return _problem("arm", reason)
    try:
        return measure(request, task)
    except BrokenExecutor as error:
        return _problem("died", f"a worker ended by itself: {error}")
    except _UNPICKLED as error:
        if request["arm"] not in {"processes", "interpreters"}:
            raise
        return _problem("pickle", f"it cannot be sent to another process: {error}")


def _inapplicable(arm: str, task: Task) -> str:
    """Why an arm cannot do a task; empty if it can."""
    since = OLDEST.get(arm, (3,))
    if sys.version_info < since:
        return f"Python {'.'.join(map(str, since))} is the first that has them"
    if task.waits and arm != "asyncio":
        return "it is a coroutine function, which only asyncio runs"
    if arm == "asyncio" and task.coroutine is None:
        return "it is no coroutine function"
    return ""


def _problem(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "problem": " ".join(text.split())}


if __name__ == "__main__":
    main(*sys.argv[1:])
