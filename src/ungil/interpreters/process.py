"""One process that may crash, hang or chatter."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ungil.findings import printable

__all__ = ["Finished", "end", "run_limited"]

_MOST_OUTPUT = 1 << 16  # bytes
_FLOOD = 1 << 26  # likewise; a module that is chatty at its import has been seen to write 1 MB
_PERIOD = 0.02  # seconds between two looks at what it has written
_REAPING = 5.0  # seconds; a process that waits for a dead file server ignores even SIGKILL
_LONGEST = 300  # characters of a complaint
_FATAL = re.compile(r"^Fatal Python error: (?:\w+: )?(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended.

    Attributes:
        code: Its exit code; on POSIX minus the signal that ended it. None if
            the time limit did.
        output: The first 64 KiB of what it wrote to its standard output.
        errors: Likewise to its standard error.
        flooded: It was ended because it wrote and wrote.
    """

    code: int | None
    output: bytes
    errors: bytes = b""
    flooded: bool = False

    @property
    def ending(self) -> str:
        """In words, e.g. `signal SIGSEGV`."""
        if self.code is None:
            return "the time limit"
        if self.flooded:
            return "endless output"
        if self.code < 0:
            try:
                return f"signal {signal.Signals(-self.code).name}"
            except ValueError:
                return f"signal {-self.code}"
        # Windows reports a crash as an NTSTATUS, which nobody knows in decimal.
        return f"exit code {self.code if self.code < 256 else hex(self.code)}"

    @property
    def complaint(self) -> str:
        """The line of its standard error that says most; empty if there is none.

        That is the last one, as in a traceback, but for a fatal error of
        Python's, which a dump of its threads follows.
        """
        text = self.errors.decode("utf-8", "replace")
        fatal = _FATAL.search(text)
        lines = [fatal[1]] if fatal else [line for line in text.splitlines() if line.strip()]
        return printable(" ".join(lines[-1].split()))[:_LONGEST] if lines else ""


def run_limited(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    cancelled: threading.Event | None = None,
) -> Finished:
    """Run a command, and end it with all its children when the time is up.

    Standard input is empty rather than closed: with descriptor 0 free, the
    next file a module opens would become its standard input. No other
    descriptor is passed on. What writes more than anybody reads is ended
    before it fills the disk.

    Args:
        command: The program and its arguments.
        environment: All of it.
        folder: The working directory.
        seconds: The limit in wall-clock time.
        cancelled: Set by another thread when the answer is wanted no more; the
            time is then up.

    Raises:
        OSError: The program cannot be started.
        ValueError: An argument holds a null character.
    """
    # Files, not pipes: a grandchild that keeps a pipe open would keep its
    # reader waiting, and reading a pipe with a limit takes a thread or two.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        flooded = False
        code = None
        until = time.monotonic() + seconds
        try:
            while code is None and not flooded:
                left = until - time.monotonic()
                if left <= 0 or (cancelled is not None and cancelled.is_set()):
                    break
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(min(left, _PERIOD))
                flooded = code is None and max(map(_size, (output, errors))) > _FLOOD
        finally:
            end(process)
        if flooded:
            code = process.returncode if process.returncode is not None else -1
        return Finished(code, _beginning(output), _beginning(errors), flooded)


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _beginning(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_MOST_OUTPUT)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session, and the children it may have left."""
    if hasattr(os, "killpg"):
        # `start_new_session` made it the leader of a group of its own. macOS
        # denies the permission where only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 - the system's own
                [taskkill, "/F", "/T", "/PID", str(process.pid)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_REAPING,
                check=False,
            )
        process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_REAPING)
