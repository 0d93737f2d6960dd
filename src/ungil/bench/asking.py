"""Ask a build for a sample, in a process of its own."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

import ungil
from ungil.bench.model import Build, Cell, Outcome, Sample, Task
from ungil.bench.worker import NO_ROOM
from ungil.findings import printable
from ungil.interpreters import Finished, run_limited

__all__ = ["Bench", "bench"]

_OURS = ("_version.py", "__init__.py", "runtime", "bench")
"""What the worker imports of ungil, and what the user's modules may."""


class _Problem(msgspec.Struct):
    problem: str
    kind: str = ""


class Bench:
    """Where samples are taken: a folder, and what processes are started with.

    Nothing in it outlives `bench()`.
    """

    def __init__(self, task: Task, folder: Path, seconds: float) -> None:
        self.task = task
        self.folder = folder
        self.seconds = seconds

    def sample(self, build: Build, cell: Cell, *, piece: int | None = None) -> Outcome:
        """Take one sample.

        The first of a build has to be one in serial: with its results all others are compared.

        Args:
            build: What runs it.
            cell: How.
            piece: How many items are sent at once; None for as many as the task wants.

        Raises:
            OSError: The interpreter cannot be started, or there is no room.
        """
        task = self.task
        if task.script is not None:
            whole = {"ask": "script", "script": str(task.script), "arguments": task.arguments}
            return _outcome(*self.ask(build, whole))
        truth = self.folder / f"{build.label}.truth"
        keep = cell.arm == "serial" and not truth.exists()
        answer, problem = self.ask(
            build,
            {
                "ask": "sample",
                "arm": cell.arm,
                "workers": cell.workers,
                "piece": piece or task.piece,
                "keep": keep,
                "truth": str(truth) if keep or truth.exists() else "",
            },
        )
        return _outcome(answer, problem)

    def ask(self, build: Build, request: Mapping[str, Any]) -> tuple[Any, Outcome | None]:
        """Ask one thing of the worker; the answer, or why there is none.

        Args:
            build: What runs it.
            request: See `ungil.bench.worker.__main__`; what it says of the task is added.

        Raises:
            OSError: The interpreter cannot be started, or there is no room.
        """
        task = self.task
        asked, answered = self.folder / "request.json", self.folder / "answer.json"
        answered.unlink(missing_ok=True)
        whole = {
            "function": task.function,
            "items": task.items,
            "setup": task.setup,
            "check": task.check,
            "coroutine": task.coroutine,
            "parameters": dict(task.parameters),
            "calls": task.calls,
            **request,
        }
        asked.write_text(json.dumps(whole), "utf-8")
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as files:
            finished = run_limited(
                # Nothing of the working folder is found that was not asked for.
                [build.program, "-P", "-m", "ungil.bench.worker", str(asked), str(answered)],
                environment=self._environment(build, files),
                folder=Path.cwd(),
                seconds=self.seconds,
            )
        if finished.code == NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))
        try:
            answer = msgspec.json.decode(answered.read_bytes())
        except (OSError, msgspec.DecodeError):
            return None, self._without(finished)
        if "problem" in answer:
            problem = msgspec.convert(answer, _Problem)
            return None, Outcome(None, printable(problem.problem), problem.kind or "died")
        return answer, None

    def _without(self, finished: Finished) -> Outcome:
        if finished.code is None:
            return Outcome(None, f"it did not end within {self.seconds:g} s", "limit")
        if not finished.code:
            return Outcome(None, "something in it ended the interpreter", "died")
        said = f" ({finished.complaint})" if finished.complaint else ""
        return Outcome(None, f"it ended with {finished.ending}{said}", "died")

    def _environment(self, build: Build, files: str) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHON_GIL"}
        paths = [self.folder / "ours", *self.task.folders]
        given = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(
            [*(str(one.absolute()) for one in paths), *([given] if given else [])]
        )
        # Not beside our own files, nor the user's; and once for all samples, also in a container
        # where nothing is to be left beside files: all that is imported takes four times as long.
        environment["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # Sets have the same order in every process, so that results can be compared.
        environment.setdefault("PYTHONHASHSEED", "0")
        # What a sample leaves behind goes with it, however it ends.
        environment["TMPDIR"] = files
        if build.gil is not None:
            environment["PYTHON_GIL"] = build.gil
        return environment


def _outcome(answer: Any, problem: Outcome | None) -> Outcome:  # noqa: ANN401 - what JSON has
    if problem is not None:
        return problem
    try:
        return Outcome(msgspec.convert(answer, Sample, strict=False))
    except msgspec.ValidationError as error:
        return Outcome(None, f"its answer is none: {error}", "died")


@contextmanager
def bench(task: Task, seconds: float) -> Iterator[Bench]:
    """A place to take samples of a task.

    Args:
        task: What is measured.
        seconds: The limit for each sample.

    Raises:
        OSError: There is no room.
    """
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _provide(folder / "ours" / "ungil")
        yield Bench(task, folder, seconds)


def _provide(target: Path) -> None:
    """Make this very ungil importable, and nothing that is installed beside it."""
    source = Path(ungil.__file__).parent
    target.parent.mkdir()
    try:
        target.symlink_to(source, target_is_directory=True)
    except (OSError, NotImplementedError):  # Windows wants a right for links, and then it is copied
        for one in _OURS:
            if (source / one).is_dir():
                shutil.copytree(source / one, target / one)
            else:
                target.mkdir(exist_ok=True)
                shutil.copy(source / one, target / one)
