"""Run a program, unchanged and watched, and say what happened to the GIL.

The program runs in a process of its own under plain `python`. What is in it to
watch (`ungil.runtime.journal`) writes a journal, and all else happens out here,
when the program has ended: reading the journal, reading what its modules
declare, judging.
"""

from ungil.running.choose import NoInterpreterError, choose
from ungil.running.declared import Declarations
from ungil.running.journal import Journal
from ungil.running.judge import judge
from ungil.running.program import ProgramError, Run, carry_out, end_like, run

__all__ = [
    "Declarations",
    "Journal",
    "NoInterpreterError",
    "ProgramError",
    "Run",
    "carry_out",
    "choose",
    "end_like",
    "judge",
    "run",
]
