"""What a path through an initialisation function declares where it ends."""

from __future__ import annotations

from collections.abc import Sequence

from ungil.extensions.code.definition import Declared, declared_by_definition, declared_by_slots
from ungil.extensions.code.state import State
from ungil.extensions.code.supplied import CFFI, CREATE, DEFINITION
from ungil.extensions.code.values import Result, Value
from ungil.extensions.images.image import Image
from ungil.extensions.model import Declaration, Initialisation

__all__ = ["agreed", "ended", "undecided"]


def ended(state: State, image: Image, value: Value, *, export: bool) -> Declared | None:
    """What the path declares that returns `value`, None if the import fails on it."""
    if value == 0 or state.failed:
        return None
    if export:
        if isinstance(value, int):
            return declared_by_slots(image, state.memory, value)
        return undecided("where its slots are is computed by code that was not followed")
    if isinstance(value, Result) and value.callee:
        return _returned(state, image, value)
    if state.created and state.gil:
        # What is returned got lost, but it was declared on the way.
        return _single_phase({gil for _, gil in state.gil}, missed=state.missed)
    return undecided("what its initialisation returns could not be followed")


def _returned(state: State, image: Image, value: Result) -> Declared:
    """What is declared for what an imported function gave."""
    if value.callee == DEFINITION:
        if value.argument is None:
            return undecided("which definition it returns is computed")
        return declared_by_definition(image, state.memory, value.argument)
    # A module that is not known, as an argument, may be this one.
    declared = {gil for module, gil in state.gil if module in {value, None}}
    if value.callee in CREATE or declared:
        return _single_phase(declared, missed=state.missed)
    if value.callee == CFFI:
        return _by_cffi()
    return undecided(f"it returns what {value.callee} of another library gives it")


def agreed(found: Sequence[Declared]) -> Declared:
    """One answer from those of all paths on which the import succeeds."""
    if not found:
        return undecided("no path through its initialisation returns a module")
    unknown = next((d for d in found if d.declaration is Declaration.UNKNOWN), None)
    if unknown is not None:
        return unknown
    if len({d.declaration for d in found}) == 1:
        return found[0]
    how = found[0].initialisation
    why = "its initialisation declares one thing or the other, depending on a condition"
    return Declared(how, Declaration.RUN_TIME, True, why)


def undecided(why: str) -> Declared:
    """An answer that is none."""
    return Declared(Initialisation.UNKNOWN, Declaration.UNKNOWN, False, why)


def _single_phase(declared: set[Value], *, missed: bool) -> Declared:
    how = Initialisation.SINGLE_PHASE
    if declared == {1}:
        why = "it calls PyUnstable_Module_SetGIL with Py_MOD_GIL_NOT_USED"
        return Declared(how, Declaration.NOT_USED, True, why)
    if declared == {0}:
        why = "it calls PyUnstable_Module_SetGIL with Py_MOD_GIL_USED"
        return Declared(how, Declaration.USED, True, why)
    if declared and all(isinstance(value, Result) for value in declared):
        why = "what it gives PyUnstable_Module_SetGIL is what another function returns"
        return Declared(how, Declaration.RUN_TIME, True, why)
    if declared:
        return undecided("what it gives PyUnstable_Module_SetGIL could not be followed")
    if missed:
        return undecided("a function that was not followed may declare it")
    why = "it is initialised in a single phase and never calls PyUnstable_Module_SetGIL"
    return Declared(how, Declaration.USED, False, why)


def _by_cffi() -> Declared:
    """A module of cffi's API mode: its backend creates it (c/cffi1_module.c).

    The first cffi for a free-threaded build is 2.0, which calls
    `PyUnstable_Module_SetGIL` for every module that it creates.
    """
    how = Initialisation.SINGLE_PHASE
    why = "cffi's backend creates it, and says Py_MOD_GIL_NOT_USED for it (cffi 2.0 and later)"
    return Declared(how, Declaration.NOT_USED, True, why)
