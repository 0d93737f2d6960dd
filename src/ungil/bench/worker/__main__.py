"""Reads what is asked, does it, and writes what came of it.

A request is an object of JSON:

- `ask`: `sample`; `profile` for what the task is like; `marked` for the functions of a module
  that are marked; `script`; `otherwise` for a run with one thing changed, and `places` for what
  could be private in one;
- `function`, `items`, `setup`, `check`, `coroutine`: `module:name`, or empty;
- `parameters`: what `items` and `check` are called with; `calls`: how many, where there are
  no items;
- `arm`, `workers`; `piece`: how many items are sent at once, or null;
- `truth`: the file with the results in serial, or empty; `keep`: write it, rather than read it;
- `script`: its file, and `arguments`: its own;
- `change`: one of `otherwise.changes.CHANGES`; `cut`: for how many workers the items are cut;
  `again`: what stays shared; `order`: of items; `watch`: look at what threads wait for;
  `detail`: tell of each piece.

The answer is one as well: `problem` and `kind` say why there is nothing else; otherwise it has
`items` (how many), `start` (seconds until all workers stood ready), `warming` (seconds), `wall`
and `cpu` (seconds; null where the system does not say), `memory` (bytes; likewise), `failed` (how
many items) and `failure` (the first), `wrong` (what is different from serial, or what the check
says, and then `check_failed`), `compared` (could that be told), `gil` (was the GIL on at the end)
and `switch` (what switched it on).

A profile has `items`, `wall`, `cpu`, and `delay` (seconds without a processor); of the items'
seconds the `mean`, the `variation` (relative) and the `longest` (relative to all); `function`,
`given` and `results` (of each the `bytes` and `seconds` of pickling them all, and the
`problem`); and `looks`, `held` and `untold` (see `held`).

A run with one thing changed has `workers` (of each when it began and ended, seconds of CPU, and
seconds in which it waited for a processor), `pieces` (of each seconds and CPU seconds), and if it
was watched `locks`, `pauses` and `sleeps`, as `watching` says.
"""

from __future__ import annotations

import errno
import json
import os
import pickle
import sys
from concurrent.futures import BrokenExecutor

from ungil.bench.worker import NO_ROOM
from ungil.bench.worker.arms import OLDEST, unloadable
from ungil.bench.worker.otherwise import answer as otherwise
from ungil.bench.worker.profile import profile
from ungil.bench.worker.sample import measure
from ungil.bench.worker.script import run_whole
from ungil.bench.worker.task import TaskError, load, marked
from ungil.runtime import gil_status
from ungil.runtime.status import FREE_THREADED_BUILD
from ungil.runtime.watch import watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ungil.bench.worker.task import Task

_UNPICKLED = (pickle.PicklingError, AttributeError, TypeError, ImportError)
"""What pickling raises; `AttributeError` and `TypeError` come from objects without a way to be
pickled, `ImportError` from what interpreters cannot load."""

_OTHER = {
    "marked": lambda request: {"marked": marked(request["function"])},
    "script": lambda request: run_whole(request["script"], request["arguments"]),
    "profile": lambda request: profile(load(request)),
    "otherwise": otherwise.answer,
    "places": otherwise.answer_places,
}
"""What may be asked but a sample."""

_LONGEST = 300
"""Characters of a reason; there are some with a traceback in them."""

_OTHERS = {"processes": "process", "interpreters": "interpreter"}
"""Arms to whose workers all has to be sent, and what those are."""


def main(asked: str, answer: str) -> int:
    """Do what a file asks, and write the answer to another; the exit status."""
    try:
        _do(asked, answer)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        return NO_ROOM
    return 0


def _do(asked: str, answer: str) -> None:
    with open(asked, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
        request = json.load(file)
    if FREE_THREADED_BUILD:
        watch()
    # Nobody reads what the user's function prints, and files would grow.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    found = _answer(request)
    status = gil_status()
    found["gil"] = status.enabled
    found["switch"] = str(status.switch) if status.switch is not None else ""
    beside = f"{answer}.new"
    with open(beside, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
        json.dump(found, file)
    os.replace(beside, answer)  # noqa: PTH105 - pathlib would be the largest thing imported here


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _found(request)
    except TaskError as error:
        return _problem("task", str(error))
    except BrokenExecutor as error:
        return _problem("died", f"a worker ended by itself: {error}")
    except _UNPICKLED as error:
        other = _OTHERS.get(request.get("arm", ""))
        if other is None:
            raise
        return _problem("pickle", f"it cannot be sent to another {other}: {_reason(error)}")


def _found(request: dict[str, Any]) -> dict[str, Any]:
    if request["ask"] in _OTHER:
        return _OTHER[request["ask"]](request)
    task = load(request)
    reason = _inapplicable(request["arm"], task)
    return _problem("arm", reason) if reason else measure(request, task)


def _reason(error: BaseException) -> str:
    """What an error came from: interpreters wrap it in some that show all that was sent."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = str(error)
    return unloadable(text) or text[:_LONGEST]


def _inapplicable(arm: str, task: Task) -> str:
    """Why an arm cannot do a task; empty if it can."""
    since = OLDEST.get(arm, (3,))
    if sys.version_info < since:
        return f"Python {'.'.join(map(str, since))} is the first that has them"
    if task.waits and arm not in {"serial", "asyncio"}:
        return "it is a coroutine function, which only asyncio runs"
    if arm == "asyncio" and task.coroutine is None:
        return "it is no coroutine function"
    return ""


def _problem(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "problem": " ".join(text.split())}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
