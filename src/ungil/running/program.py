"""Start a program as the user would, and end as it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ungil.findings import printable
from ungil.interpreters import Interpreter
from ungil.running.journal import Journal, read_journal
from ungil.runtime import journal

__all__ = ["ProgramError", "Run", "carry_out", "end_like", "run"]

# What the two rooms have between them: the journal, and where its writer starts from.
_STARTUP = Path(journal.__file__).with_name("startup")

# What somebody may send to end, stop or tell the program; a terminal sends
# SIGINT, SIGQUIT and SIGTSTP to both, as they share a process group.
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")
_SENT_TO_BOTH = ("SIGINT", "SIGQUIT", "SIGBREAK")


class ProgramError(Exception):
    """The program cannot be started; the message is one line."""


@dataclass(frozen=True, slots=True)
class Run:
    """A program that has ended.

    Attributes:
        code: Its exit status; on POSIX minus the signal that ended it.
        interpreter: What ran it.
        pid: Its number; None on Windows, where a launcher may have started it.
        journal: What it wrote down.
    """

    code: int
    interpreter: Interpreter
    pid: int | None
    journal: Journal


def run(interpreter: Interpreter, arguments: Sequence[str], on_gil: str) -> Run:
    """Run a program to its end.

    It gets this process's standard streams, working directory and environment,
    but for what starts the watch in it and in the Python processes it starts.

    Args:
        interpreter: What runs it.
        arguments: What follows the interpreter on its command line.
        on_gil: What the program does when the GIL comes on: `fail` makes the
            import fail, `warn` prints a line at once, `report` does nothing.

    Raises:
        ProgramError: The interpreter cannot be started, or there is no room
            for the journal.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, "journal")
            path.touch()
            environment = {
                **os.environ,
                journal.PATH: str(path),
                journal.ON_GIL: on_gil,
                "PYTHONPATH": os.pathsep.join(
                    [str(_STARTUP), *filter(None, [os.environ.get("PYTHONPATH")])]
                ),
            }
            code, pid = carry_out([str(interpreter.path), *arguments], environment)
            return Run(code, interpreter, pid if os.name == "posix" else None, _read(path))
    except OSError as error:
        where = printable(str(error.filename or interpreter.path))
        raise ProgramError(f"cannot run the program: {where}: {error.strerror}") from None


def _read(path: Path) -> Journal:
    try:
        return read_journal(path)
    except OSError:
        return Journal(())  # the program could remove it, and how it ended counts


def carry_out(command: Sequence[str], environment: dict[str, str]) -> tuple[int, int]:
    """Run a command to its end, leaving signals to it.

    Args:
        command: The program and its arguments.
        environment: All of it.

    Returns:
        Its exit status, on POSIX minus the signal that ended it; and its number.

    Raises:
        OSError: It cannot be started.
    """
    with _signals() as processes:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own program
        processes.append(process)
        return process.wait(), process.pid


@contextmanager
def _signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Leave it to the program what signals do.

    Handlers rather than `SIG_IGN`, which a new process would inherit. What was
    ignored before (by `nohup`, say) stays so, here and in the program.
    """
    processes: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        for process in processes:
            process.send_signal(number)

    def leave(number: int, _: FrameType | None) -> None:
        """The program has got it as well."""

    before = {}
    for names, handler in ((_PASSED_ON, pass_on), (_SENT_TO_BOTH, leave)):
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            # Not ours to handle where it is ignored, or where C code handles it.
            if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                before[number] = signal.signal(number, handler)
    try:
        yield processes
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def end_like(code: int) -> int:
    """End as a program did: by the same signal, or else with the status returned."""
    if code >= 0 or os.name != "posix":
        return code
    import resource  # noqa: PLC0415 - nowhere else

    # The program has left its core dump, and one is enough.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = signal.Signals(-code) if -code in set(signal.Signals) else -code
    if number not in {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 - code
