"""What a program under `ungil run` writes down while it runs.

One line for each thing that happened, appended to a file at once: so the lines
survive `os._exit`, a crash or a kill, and processes, forks and sub-interpreters
share one file without knowing of each other. A line is a tuple in ASCII, which
`repr` writes without importing anything and `ast.literal_eval` reads without
running anything; `json` would have to be imported into every program.

The lines, with times in seconds of `time.monotonic`, which counts alike in all
processes of a machine:

    ("start", pid, interpreter, time, forked_from, release, free_threaded, enabled, forced_by)
    ("module", pid, interpreter, time, thread, name, file, seconds, failed, enabled, chain,
        switch)
    ("end", pid, interpreter, time, enabled)

The time of a module and of an end is taken before the GIL is looked at, so that the
order of the times is right whatever the order of the lines. `forked_from` is the number
of the process that forked this one, None for one that was started anew. `enabled` says
whether the GIL was on then. `chain` holds (module, file, line, function) for each
import, `switch` is None or (module, certain, file).
"""

from __future__ import annotations

import atexit
import os
import sys
import time

from ungil.runtime.guard import came_on, refusal
from ungil.runtime.imports import import_chain
from ungil.runtime.status import FREE_THREADED_BUILD, forced_by, gil_enabled
from ungil.runtime.switch import interpreter_number, thread_name
from ungil.runtime.watch import Creation, creating, first_switch, listen

__all__ = ["ON_GIL", "PATH", "begin"]

PATH = "UNGIL_JOURNAL"
"""The environment variable that names the file."""

ON_GIL = "UNGIL_ON_GIL"
"""The environment variable that says `fail`, `warn` or `report`."""


def begin() -> None:
    """Watch this interpreter as the environment says."""
    writer = _Writer(os.environ[PATH], os.environ[ON_GIL])
    writer.started(None)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: writer.started(os.getppid()))
    atexit.register(writer.ended)
    listen(writer.created)


class _Writer:
    """Writes the journal of one interpreter."""

    def __init__(self, path: str, on_gil: str) -> None:
        self._path = path
        self._on_gil = on_gil
        self._interpreter = interpreter_number()

    def started(self, forked_from: int | None) -> None:
        self._append(
            "start",
            time.monotonic(),
            forked_from,
            _release(),
            FREE_THREADED_BUILD,
            gil_enabled(),
            forced_by(),
        )

    def created(self, creation: Creation) -> BaseException | None:
        switch = creation.switch
        if creation.file is None and switch is None:
            return None  # linked into the interpreter
        self._append(
            "module",
            creation.at,
            thread_name(),
            creation.module,
            creation.file,
            creation.seconds,
            creation.failed,
            creation.gil_enabled,
            [
                (step.module, step.file, step.line, step.function)
                for step in import_chain(sys._getframe())
            ],
            switch and (switch.module, switch.certain, switch.file),
        )
        if switch is not None and self._on_gil == "warn":
            _print(f"ungil: {came_on(switch)}\n")
        return refusal(creation) if self._on_gil == "fail" else None

    def ended(self) -> None:
        at = time.monotonic()
        enabled = gil_enabled()
        # A thread that is left behind may be creating a module, for which the GIL
        # is on anyway. Then nothing is known of the end.
        if not (enabled and creating() and first_switch() is None):
            self._append("end", at, enabled)

    def _append(self, kind: str, at: float, *values: object) -> None:
        line = ascii((kind, os.getpid(), self._interpreter, at, *values)) + "\n"
        try:
            # Opened each time, since daemons close every descriptor they find.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError:
            pass  # the disk is full, or `ungil run` has gone: not the program's affair


def _print(text: str) -> None:
    """Not a Python warning, which the program's own filters may hide."""
    try:
        os.write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass  # the program has closed its standard error


def _release() -> str:
    return sys.version.partition(" ")[0]
