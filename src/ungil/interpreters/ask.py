"""Run a text of Python in an interpreter, isolated."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

from ungil.interpreters.process import Finished, run_limited

__all__ = ["ask"]

GIL_VARIABLE = "PYTHON_GIL"


def ask(
    program: Path,
    source: str,
    *arguments: str,
    seconds: float,
    gil: str | None = None,
    cancelled: threading.Event | None = None,
) -> Finished:
    """Run a text of Python in a process of its own.

    Without `site`, so that no `.pth` file and no `sitecustomize` runs, and
    without any variable of Python's, so that nothing is imported from where
    somebody else says. That is what `-I` does, except that `-I` cannot let
    PYTHON_GIL through. The text goes with `-c`, which puts the working
    directory first on `sys.path` (PYTHONSAFEPATH keeps it out from 3.11 on);
    so that is a folder which was made just now, is the user's alone, and is
    empty. A script would put its own folder there, and in this one lie
    modules with names that others use as well.

    Args:
        program: The interpreter.
        source: What it runs.
        arguments: What it finds in `sys.argv`.
        seconds: The time limit.
        gil: The value of PYTHON_GIL; None for without.
        cancelled: See `run_limited`.

    Raises:
        OSError: The program cannot be started.
        ValueError: Something holds a null character.
    """
    # The others stay: a shim finds its interpreter by the variables of its
    # version manager, and an interpreter its libraries.
    environment = {
        key: text
        for key, text in os.environ.items()
        if not key.upper().startswith("PYTHON") and key != "__PYVENV_LAUNCHER__"
    }
    environment["PYTHONSAFEPATH"] = "1"
    if gil is not None:
        environment[GIL_VARIABLE] = gil
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
        return run_limited(
            [program.absolute(), "-S", "-s", "-B", "-c", source, *arguments],
            environment=environment,
            folder=Path(folder),
            seconds=seconds,
            cancelled=cancelled,
        )
