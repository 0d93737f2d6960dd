"""Interpreters of this machine: find, probe, install and verify them.

    interpreter = find("3.14t")

Whatever runs in a foreign interpreter goes through `run_limited`: a process of
its own, with a time limit and nothing of ours left open in it.
"""

from ungil.interpreters.find import best, find, find_free_threaded
from ungil.interpreters.install import Installation, install, offers
from ungil.interpreters.judge import Judgement
from ungil.interpreters.probe import Gil, Interpreter, InterpreterError, probe
from ungil.interpreters.process import Finished, run_limited
from ungil.interpreters.providers import Offer, Refusal
from ungil.interpreters.show import as_json, as_lines, as_table
from ungil.interpreters.survey import Known, Unusable, survey
from ungil.interpreters.verify import Verification, verify

__all__ = [
    "Finished",
    "Gil",
    "Installation",
    "Interpreter",
    "InterpreterError",
    "Judgement",
    "Known",
    "Offer",
    "Refusal",
    "Unusable",
    "Verification",
    "as_json",
    "as_lines",
    "as_table",
    "best",
    "find",
    "find_free_threaded",
    "install",
    "offers",
    "probe",
    "run_limited",
    "survey",
    "verify",
]
