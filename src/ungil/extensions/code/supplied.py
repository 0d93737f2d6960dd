"""What calling a function does that the interpreter or a system library supplies.

Names are those of CPython's C API, of the Itanium C++ ABI and of Microsoft's
and the usual C run-time libraries. Of all others it is taken that they return,
and that they write to no memory but what they are given of the stack.
"""

from __future__ import annotations

from collections.abc import Sequence

from ungil.extensions.code.definition import text_at
from ungil.extensions.code.processor import Processor
from ungil.extensions.code.state import State
from ungil.extensions.code.values import Result, Stack, Value, plus
from ungil.extensions.images.image import Image

__all__ = ["CFFI", "CREATE", "DEFINITION", "call_import", "call_unknown"]

DEFINITION = "PyModuleDef_Init"
CREATE = frozenset({"PyModule_Create2", "PyModule_Create2TraceRefs"})
CFFI = "_init_cffi_1_0_external_module"
"""What a module of cffi's API mode calls to be created."""

_NEVER_RETURN = frozenset(
    {
        "abort",
        "exit",
        "_exit",
        "longjmp",
        "__stack_chk_fail",
        "__assert_fail",
        "__cxa_throw",
        "__cxa_rethrow",
        "__cxa_bad_cast",
        "_Unwind_Resume",
        "_CxxThrowException",
        "TerminateProcess",
        "_invoke_watson",
        "terminate",
        "_ZSt9terminatev",
        "Py_FatalError",
        "_Py_FatalErrorFunc",
        "Py_Exit",
    }
)
_RAISE = frozenset(
    {
        "PyErr_SetString",
        "PyErr_SetObject",
        "PyErr_SetNone",
        "PyErr_Format",
        "PyErr_FormatV",
        "PyErr_NoMemory",
        "PyErr_SetImportError",
        "PyErr_SetFromErrno",
        "PyErr_BadInternalCall",
        "_PyErr_BadInternalCall",
        "PyErr_Restore",
        "PyErr_SetRaisedException",
    }
)
_SWALLOW = frozenset(
    {"PyErr_Clear", "PyErr_Print", "PyErr_PrintEx", "PyErr_WriteUnraisable", "PyErr_Fetch"}
    | {"PyErr_GetRaisedException"}
)
_COPIES = frozenset({"memcpy", "memmove", "__memcpy_chk", "__memmove_chk"})
_FILLS = frozenset({"memset", "__memset_chk"})
_ANSWERS = {
    # At a module's first import, which is what is asked about.
    "__cxa_guard_acquire": 1,
    "PyState_FindModule": 0,
    "PyState_AddModule": 0,
    # Asked only where a frame is damaged: every Windows that runs Python has `int 29h`.
    "IsProcessorFeaturePresent": 1,
}
_WRITE_NOTHING = frozenset(
    {
        "PyErr_Clear",
        "PyErr_GetRaisedException",
        "PyErr_Occurred",
        "PyEval_RestoreThread",
        "PyEval_SaveThread",
        "PyGILState_Ensure",
        "PyGILState_Release",
        "PyInterpreterState_Get",
        "PyInterpreterState_GetID",
        "PyModule_Create2",
        "PyThreadState_Get",
        "PyUnstable_Module_SetGIL",
        "Py_DecRef",
        "Py_GetVersion",
        "Py_IncRef",
        "Py_IsInitialized",
        "_Py_Dealloc",
        "_Py_DecRef",
        "_Py_IncRef",
        "__tls_get_addr",
        "free",
        "malloc",
    }
)
"""Functions that write to no variable of their caller. Registers that could hold
arguments may hold something else, since most of these take one or none."""
_MOST_COPIED = 1024  # bytes of one `memcpy` that are looked at
_REACH = 64  # bytes of a caller's variable that a function may write to


def call_import(state: State, image: Image, processor: Processor, name: str, site: int) -> bool:
    """Do what the function of that name does; False if it never returns."""
    if name in _NEVER_RETURN or ("__throw_" in name and name.startswith("_ZSt")):
        return False
    arguments = [state.registers.get(r) for r in processor.arguments]
    result: Value = Result(site, name)
    if name == DEFINITION or name in CREATE:
        result = Result(site, name, arguments[0] if isinstance(arguments[0], int) else None)
        state.created = state.created or name in CREATE
    elif name == "PyObject_CallMethod" and text_at(image, arguments[1]) == CFFI:
        result = Result(site, CFFI)
        state.created = True
    elif name == "PyUnstable_Module_SetGIL":
        state.declare(arguments[0], arguments[1])
    elif name in _RAISE or name in _SWALLOW:
        state.failed = name in _RAISE
    elif name in _COPIES or name in _FILLS:
        _move(state, arguments, copy=name in _COPIES)
        result = arguments[0]
    elif name in _ANSWERS:
        result = _ANSWERS[name]
    _forget(state, processor, () if name in _WRITE_NOTHING else arguments)
    state.registers[processor.result] = result
    return True


def call_unknown(state: State, image: Image, processor: Processor, site: int) -> None:
    """A function of the image itself was called, and is not followed."""
    arguments = [state.registers.get(r) for r in processor.arguments]
    for value in arguments:
        if isinstance(value, int) and any(
            r.writable and r.address <= value < r.address + r.size for r in image.regions
        ):
            state.memory.expose(value)
    _forget(state, processor, arguments)
    state.missed = state.missed or state.created
    state.registers[processor.result] = Result(site, "")


def _move(state: State, arguments: Sequence[Value], *, copy: bool) -> None:
    into, source, size = arguments[:3]
    if not isinstance(size, int) or size > _MOST_COPIED:
        state.memory.expose(into)
        return
    for offset in range(0, size, 8):
        length = min(8, size - offset)
        value: Value = 0 if source == 0 else None
        if copy:
            value = state.memory.load(plus(source, offset), length)
        state.memory.store(plus(into, offset), length, value)


def _forget(state: State, processor: Processor, arguments: Sequence[Value]) -> None:
    """What a call may have changed of registers and of the caller's variables."""
    # A variable ends where its function's part of the stack does.
    outside = state.frames[-1].pointer if state.frames else None
    for value in arguments:
        if isinstance(value, Stack):
            size = _REACH
            if isinstance(outside, Stack) and outside.offset > value.offset:
                size = min(size, outside.offset - value.offset)
            state.memory.forget(value, size)
    for register in processor.scratch:
        state.registers.pop(register, None)
    state.vectors.clear()
    state.flags = None
