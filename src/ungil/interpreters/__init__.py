"""Interpreters of this machine: find and probe them.

    interpreter = find_free_threaded("3.14")

Whatever runs in a foreign interpreter goes through `run_limited`: a process of
its own, with a time limit and nothing of ours left open in it.
"""

from ungil.interpreters.find import find_free_threaded
from ungil.interpreters.probe import Interpreter, InterpreterError, probe
from ungil.interpreters.process import Finished, run_limited

__all__ = [
    "Finished",
    "Interpreter",
    "InterpreterError",
    "find_free_threaded",
    "probe",
    "run_limited",
]
