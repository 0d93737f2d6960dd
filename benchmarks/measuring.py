"""What several benchmarks need: to run a command and know what it took, and new names."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    cpu: float
    wall: float
    memory: float


def measure(command: list[str]) -> Cost:
    """Run a command to its end and ask the system what it took."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # no installed program compiles itself anew
    # Through a small process: a fork of this large one would count as its size.
    done = subprocess.run(
        [sys.executable, "-S", "-c", _RUNNER, *command],
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command[:4]} failed: {done.stderr.decode()[-2000:]}")
    return Cost(*map(float, done.stdout.split()))


_RUNNER = """
import os, sys, time
start = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
print(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status) not in (0, 1, 3))
"""


def renamed(filename: str, name: str, alias: str) -> str | None:
    """A file of `name` as one of `alias`; None if it is none of `name`."""
    if filename.endswith(".whl"):
        return f"{alias.replace('-', '_')}-{filename.split('-', 1)[1]}"
    stem = filename[: len(name)]
    if stem.lower().replace("_", "-").replace(".", "-") != name:
        return None
    return f"{alias.replace('-', '_')}{filename[len(name) :]}"
