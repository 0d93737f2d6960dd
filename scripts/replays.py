"""Replay a schedule often, each time in a process of its own; started by `confirm_corpus.py`.

    python scripts/replays.py REQUEST FOLDER COUNT

REQUEST is that of `ungil.races.schedule.program`, whose answers are left in FOLDER, one folder
for each. The processes are forked from this one, which has imported ungil and nothing of the
program: that takes a tenth of the time of as many new interpreters.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from ungil.races.schedule import program

PATIENCE = 300
"""Seconds for one replay."""


def replay(request: str, folder: Path) -> None:
    """Do it, in a process of its own."""
    folder.mkdir()
    process = os.fork()
    if process == 0:
        sys.argv = [program.__file__, request, str(folder)]
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        try:
            program.main()
        finally:
            os._exit(1)  # it ends by itself, unless something is wrong
    until = time.monotonic() + PATIENCE
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.005)


if __name__ == "__main__":
    for number in range(int(sys.argv[3])):
        replay(sys.argv[1], Path(sys.argv[2], str(number)))
