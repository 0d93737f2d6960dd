"""Who carries out pieces: processes of this machine.

Exploring changes a process, and a test can bring one down. If it dies another one is asked, so
nothing is lost: a piece can be carried out as often as need be.
"""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Protocol

from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.request import Request
from ungil.same_python import same_python

__all__ = ["GRACE", "Engine", "EngineError", "carry_out", "end", "processes"]

GRACE = 30
"""Seconds that a process may take beyond what it was given, before it is ended."""

_TRIES = 3
"""So many processes may die of one piece; of plain threads one, since that they crash may be
what was sought, and need not come again."""


class EngineError(ValueError):
    """Nobody is there to carry anything out; the message is one line."""


class Engine(Protocol):
    """Carries out pieces."""

    @property
    def at_once(self) -> int:
        """How many at the same time."""

    def begin(self, piece: Piece) -> Future[Found]:
        """Have one carried out."""


class _Child:
    """A process that explores."""

    def __init__(self, request: str, folder: str) -> None:
        command = [*same_python(), "-m", "ungil.races.schedule.program", request]
        self._is_late = False
        self._process = subprocess.Popen(  # noqa: S603 - the user asked for it
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._pieces: IO[bytes] = self._process.stdin  # type: ignore[assignment]  # it is a pipe
        self._answers: IO[bytes] = self._process.stdout  # type: ignore[assignment]  # it is one, too

    def ask(self, piece: Found, limit: float) -> Found | None:
        """Have a piece carried out; None if the process died of it."""
        timer = threading.Timer(limit, self._too_late)
        timer.daemon = True
        timer.start()
        with suppress(OSError):  # it has ended, and may have said why
            self._pieces.write(json.dumps(piece).encode() + b"\n")
            self._pieces.flush()
        line = self._answers.readline()
        timer.cancel()
        if line.endswith(b"\n"):
            found: Found = json.loads(line)
            return found
        if self._is_late:
            return {"hung": "a call that lets nobody else run"}
        return None

    def _too_late(self) -> None:
        self._is_late = True
        self._process.kill()

    def end(self) -> int:
        """End it, if it has not; its exit status."""
        self._process.kill()
        code = self._process.wait()
        with suppress(OSError):
            self._pieces.close()
        self._answers.close()
        return code


_children: dict[tuple[str, int], _Child] = {}
"""By the exploration, and the thread that asks."""

_over: set[str] = set()
"""Explorations that have ended."""

_lock = threading.Lock()


def carry_out(exploration: str, request: str, piece: Found) -> Found:
    """Have a process of the thread that calls this carry out a piece.

    It stays for the next piece of the exploration, until `end`.

    Args:
        exploration: Its name.
        request: A `Request`, as JSON.
        piece: A `Piece`, likewise.

    Returns:
        What was found.
    """
    key = exploration, threading.get_ident()
    asked = json.loads(request)
    folder = json.loads(asked["settings"])["folder"]
    if not Path(folder).is_dir():
        return {"problem": f"{folder} is not there"}
    code = 0
    tries = 1 if asked["stress"] else _TRIES
    for _ in range(tries):
        with _lock:
            if exploration in _over:
                return {"problem": "it is over"}
            child = _children.get(key)
            if child is None:
                child = _children[key] = _Child(request, folder)
        found = child.ask(piece, piece["seconds"] + asked["patience"] + GRACE)
        if found is not None and not found.get("problem") and not found.get("hung"):
            return found
        with _lock:
            _children.pop(key, None)
        code = child.end()
        if found is not None:
            return found
    often = f", {tries} times out of {tries}" if tries > 1 else ""
    return {"problem": f"the process of the test ended with {code} and said nothing{often}"}


def end(exploration: str) -> None:
    """End the processes of an exploration, in this one.

    Args:
        exploration: Its name.
    """
    with _lock:
        _over.add(exploration)
        ended = [_children.pop(key) for key in list(_children) if key[0] == exploration]
    for child in ended:
        child.end()


class _Processes:
    """Threads of this process, each with one that explores."""

    def __init__(self, request: str, jobs: int) -> None:
        self.at_once = jobs
        self._name = uuid.uuid4().hex
        self._request = request
        self._threads = ThreadPoolExecutor(jobs)

    def begin(self, piece: Piece) -> Future[Found]:
        return self._threads.submit(carry_out, self._name, self._request, asdict(piece))

    def close(self) -> None:
        end(self._name)
        self._threads.shutdown(cancel_futures=True)


@contextmanager
def processes(request: Request, jobs: int) -> Iterator[Engine]:
    """Processes of this machine.

    Args:
        request: Which test.
        jobs: How many.
    """
    engine = _Processes(json.dumps(asdict(request)), jobs)
    try:
        yield engine
    finally:
        engine.close()
