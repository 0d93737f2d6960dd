"""One process that may crash, hang or chatter."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finished", "run_limited"]

_MOST_OUTPUT = 1 << 16  # bytes
_REAPING = 5.0  # seconds; a process that waits for a dead file server ignores even SIGKILL


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended.

    Attributes:
        code: Its exit code; on POSIX minus the signal that ended it. None if
            the time limit did.
        output: The first 64 KiB of what it wrote to its standard output.
    """

    code: int | None
    output: bytes

    @property
    def ending(self) -> str:
        """In words, e.g. `signal SIGSEGV`."""
        if self.code is None:
            return "the time limit"
        if self.code < 0:
            try:
                return f"signal {signal.Signals(-self.code).name}"
            except ValueError:
                return f"signal {-self.code}"
        # Windows reports a crash as an NTSTATUS, which nobody knows in decimal.
        return f"exit code {self.code if self.code < 256 else hex(self.code)}"


def run_limited(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
) -> Finished:
    """Run a command, and end it with all its children when the time is up.

    Standard input is empty rather than closed: with descriptor 0 free, the
    next file a module opens would become its standard input. Standard error
    is thrown away. No other descriptor is passed on.

    Args:
        command: The program and its arguments.
        environment: All of it.
        folder: The working directory.
        seconds: The limit in wall-clock time.

    Raises:
        OSError: The program cannot be started.
        ValueError: An argument holds a null character.
    """
    # A file, not a pipe: a grandchild that keeps a pipe open would keep its
    # reader waiting, and reading a pipe with a limit takes a thread or two.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        code = None
        try:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(seconds)
        finally:
            _end(process)
        output.seek(0)
        return Finished(code, output.read(_MOST_OUTPUT))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and the children it may have left."""
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
