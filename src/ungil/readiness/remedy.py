"""What to do about a distribution that does not simply install."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from ungil import rules
from ungil.findings import Module, Rule
from ungil.project import Pin
from ungil.readiness.history import History

__all__ = ["Newer", "own_remedy", "remedy", "switching_remedy"]

_OTHERWISE = {
    rules.NOTHING_FITS: "Ask for free-threaded wheels, or make it optional or replace it.",
    rules.WRONG_PLATFORM: "Ask for free-threaded wheels for this platform.",
    rules.PYTHON_EXCLUDED: "Ask its maintainers to admit this Python, or replace it.",
    rules.ABI3_ONLY: "Ask for free-threaded wheels (abi3t from 3.15 on).",
    rules.SOURCE_ONLY: "Build and test it once and keep the wheel, or ask for wheels.",
    rules.PURE_FALLBACK: "Measure whether the speed matters; if so, ask for compiled wheels.",
}


def remedy(case: Rule, pin: Pin, past: History) -> str:
    """One or two sentences: which version would do, or what else helps.

    Args:
        case: How the pinned version stands now.
        pin: What would be installed now.
        past: The versions that would do.
    """
    words = _version_words(pin.name, pin.version, past)
    if not words:
        words = f"No version of it does yet. {_OTHERWISE.get(case, '')}".rstrip()
    return words + _required_by(pin)


@dataclass(frozen=True, slots=True)
class Newer:
    """The newest release that fits the target.

    Attributes:
        version: None if there is none newer than the pinned one.
        keeps_gil_off: Do its modules? None if that could not be told.
    """

    version: str | None = None
    keeps_gil_off: bool | None = None


def switching_remedy(rule: Rule, pin: Pin, newer: Newer) -> str:
    """What to do about a distribution whose modules switch the GIL on."""
    if newer.version and newer.keeps_gil_off:
        words = f"Require {pin.name}>={newer.version}, whose modules keep it off."
        return words + _required_by(pin)
    if newer.version is None:
        words = "There is no newer release that fits."
    elif newer.keeps_gil_off is None:
        words = f"Whether {newer.version}, the newest release, keeps it off could not be told."
    else:
        words = f"So does {newer.version}, the newest release."
    fix = "to declare it"
    if rule is rules.UNDECLARED_SINGLE_PHASE:
        fix = "for multi-phase initialisation or a call of PyUnstable_Module_SetGIL"
    words += f" Ask its maintainers {fix}; until then PYTHON_GIL=0 keeps the GIL off at your risk."
    return words + _required_by(pin)


def _required_by(pin: Pin) -> str:
    if pin.direct or not pin.required_by:
        return ""
    return f" It is required by {', '.join(pin.required_by[:3])}."


_DECLARE = {
    "Cython": "the directive freethreading_compatible = True",
    "PyO3": "#[pymodule(gil_used = false)]",
    "cffi": "a build with cffi 2.0 or later",
    "f2py": "f2py's option --freethreading-compatible",
    "nanobind": "FREE_THREADED in nanobind_add_module",
    "pybind11": "py::mod_gil_not_used() in PYBIND11_MODULE",
}
_IN_C = "the slot {Py_mod_gil, Py_MOD_GIL_NOT_USED}"
_IN_C_SINGLE_PHASE = "a call of PyUnstable_Module_SetGIL"


def own_remedy(modules: Iterable[Module]) -> str:
    """What to do about modules of the user's own that switch the GIL on."""
    ways = dict.fromkeys(
        f"{_DECLARE[m.toolchain]} ({m.toolchain})"
        if m.toolchain in _DECLARE
        else _IN_C_SINGLE_PHASE
        if m.initialisation == "single-phase"
        else _IN_C
        for m in modules
    )
    return f"Once the code is safe without the GIL, declare it: {'; '.join(ways)}."


def _version_words(name: str, version: str, past: History) -> str:
    if past.newest is None:
        return ""
    day = f" ({past.first_date})" if past.first_date else ""
    if Version(past.newest) < Version(version):
        return f"Go back to {name}=={past.newest}, the newest version that does."
    if past.first is None or Version(past.first) <= Version(version):
        return f"Require {name}>={past.newest}, the newest version that does."
    newest = f"; the newest is {past.newest}" if past.newest != past.first else ""
    return f"Require {name}>={past.first}, the first version that does{day}{newest}."
