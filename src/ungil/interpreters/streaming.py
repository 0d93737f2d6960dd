"""A process whose output is shown while it runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from ungil.findings import printable
from ungil.interpreters.process import end

__all__ = ["run_streaming"]

_TAIL = 1 << 13  # bytes in which the last line is looked for
_LEAVING = 5.0  # seconds to tidy up after an interruption
_DRAINING = 1.0  # seconds for output that is still on its way
_LONGEST = 300  # characters of a line
_STYLE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PREFIX = re.compile(r"^(?:error|cause|fatal): ", re.IGNORECASE)


def run_streaming(
    command: Sequence[str], *, folder: Path, show: Callable[[bytes], None]
) -> tuple[int, str]:
    """Run a command for as long as it takes, and show what it writes.

    It is the leader of a session, so that an interruption reaches it once and
    through us, and so that none of its children stays behind.

    Args:
        command: The program and its arguments.
        folder: The working directory.
        show: Given all that it writes, as it comes; runs in another thread.

    Returns:
        The exit code and the last line that says something.

    Raises:
        OSError: The program cannot be started.
        KeyboardInterrupt: It was interrupted, and has ended.
    """
    process = subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        start_new_session=True,
    )
    try:
        tail = bytearray()
        # In a thread: a child that stays behind may keep the pipe open.
        reader = threading.Thread(target=_pass_on, args=(process.stdout, tail, show), daemon=True)
        reader.start()
        code = process.wait()
    except BaseException:
        _interrupt(process)
        raise
    finally:
        end(process)
    reader.join(_DRAINING)
    return code, _last_line(bytes(tail))


def _pass_on(pipe: IO[bytes], tail: bytearray, show: Callable[[bytes], None]) -> None:
    while chunk := os.read(pipe.fileno(), 1 << 16):
        tail += chunk
        del tail[:-_TAIL]
        # Whoever was shown it may have gone; the process must not wait for that.
        with suppress(OSError, ValueError):
            show(chunk)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Let it tidy up, for a while."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LEAVING)


def _last_line(tail: bytes) -> str:
    text = _STYLE.sub("", tail.decode("utf-8", "replace"))
    # A progress bar rewrites its line; and a rule of dashes says nothing.
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if re.search(r"\w", line)]
    return printable(_PREFIX.sub("", lines[-1]))[:_LONGEST] if lines else ""
