"""A whole program as a function that can be run under control."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Sequence

from ungil.races.program import run_program
from ungil.races.session import Session

__all__ = ["whole_program"]


def whole_program(session: Session, program: Sequence[str]) -> Callable[[], None]:
    """All that a program does, as one function: what comes at the exit of the process, too.

    Args:
        session: Watches it.
        program: As `run_program` has it.
    """

    def run() -> None:
        try:
            run_program(session, list(program))
        except SystemExit as error:
            if error.code:
                raise
        finally:
            # As the interpreter does before it runs what is registered for its exit.
            for done in reversed(_at_exit_of_threads()):
                done()
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
            atexit._run_exitfuncs()  # noqa: SLF001 - there is no other name for it

    return run


def _at_exit_of_threads() -> list[Callable[[], object]]:
    """E.g. what lets the workers of pools end."""
    found: list[Callable[[], object]] = vars(threading).get("_threading_atexits", [])
    return found
