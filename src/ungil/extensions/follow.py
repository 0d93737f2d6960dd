"""Follow a module's initialisation function, without running it.

Every path is followed as far as values are known; where a condition is not
known, both ways are taken. What the function returns on its successful paths
is the module or its definition, and that says what is declared.

This is abstract interpretation by a worklist (P. and R. Cousot 1977) over
constants, with a few states kept apart at each place and joined beyond that.
Emulation was tried and rejected: it stops at the first call into the
interpreter whose result matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeGuard

from capstone import CS_GRP_CALL, CS_GRP_RET, CsInsn

from ungil.extensions.definition import Declared, declared_by_definition, declared_by_slots, text_at
from ungil.extensions.image import Image, Import
from ungil.extensions.model import Declaration, Initialisation
from ungil.extensions.processor import Branch, Call, Choose, Flow, Jump, Processor, Return
from ungil.extensions.state import Frame, Memory, Result, Stack, State, Value, evaluate, plus

__all__ = ["Budget", "follow"]

_INSTRUCTIONS = 40_000  # of all paths together,
_CALLEE = 3_000  # of one called function; a longer one is left out
_DEPTH = 8
_STATES = 3  # kept apart at one place
_LEAF = 12  # instructions
_STUB = 5  # instructions of a linker's stub
_CHUNK = 48  # bytes decoded at once; most functions that matter are short

_STOPS = frozenset({"ud2", "int3", "int", "hlt", "brk", "udf"})
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
_ANSWERS = {
    # At a module's first import, which is what is asked about.
    "__cxa_guard_acquire": 1,
    "PyState_FindModule": 0,
    "PyState_AddModule": 0,
    # Asked only where a frame is damaged: every Windows that runs Python has `int 29h`.
    "IsProcessorFeaturePresent": 1,
}
_DEFINITION = "PyModuleDef_Init"
_CFFI = "_init_cffi_1_0_external_module"
_CREATE = frozenset({"PyModule_Create2", "PyModule_Create2TraceRefs"})
_MODULES = _CREATE | {_CFFI}


class _LeaveOutError(Exception):
    """A called function cannot be followed to its end."""

    def __init__(self, callee: int) -> None:
        self.callee = callee


class _LostError(Exception):
    """The function itself cannot be followed; the message says why."""


class Budget:
    """How many instructions may still be followed, for all modules of a binary."""

    def __init__(self, instructions: int = 400_000) -> None:
        self.left = instructions


def follow(
    image: Image, processor: Processor, entry: int, *, export: bool, budget: Budget
) -> Declared:
    """What the function at `entry` declares of its module.

    Args:
        image: The binary.
        processor: For the image's machine.
        entry: Address of `PyInit_*` or `PyModExport_*`.
        export: Is it the latter, which returns slots?
        budget: What may be spent.
    """
    try:
        return _agreed(_Walk(image, processor, export, budget).declared(entry))
    except _LostError as error:
        return _unknown(str(error))


def _unknown(why: str) -> Declared:
    return Declared(Initialisation.UNKNOWN, Declaration.UNKNOWN, False, why)


def _agreed(found: list[Declared]) -> Declared:
    """One answer from those of all successful paths."""
    if not found:
        return _unknown("no path through its initialisation returns a module")
    unknown = next((d for d in found if d.declaration is Declaration.UNKNOWN), None)
    if unknown is not None:
        return unknown
    if len({d.declaration for d in found}) == 1:
        return found[0]
    how = found[0].initialisation
    why = "its initialisation declares one thing or the other, depending on a condition"
    return Declared(how, Declaration.RUN_TIME, True, why)


@dataclass(slots=True)
class _Seen:
    states: list[State]


class _Walk:
    def __init__(self, image: Image, processor: Processor, export: bool, budget: Budget) -> None:
        self._budget = budget
        self._image = image
        self._processor = processor
        self._export = export
        self._decoded: dict[int, CsInsn] = {}
        self._stubs: dict[int, Value] = {}
        self._steps = 0
        self._code = [r for r in image.regions if r.executable]
        self._data = [r for r in image.regions if r.writable]
        self._left_out: set[int] = set()
        self._work: list[tuple[int, int, int, State]] = []
        self._added = 0
        self._instead: dict[int, list[State]] = {}

    def declared(self, entry: int) -> list[Declared]:
        """What each successful path declares, without repetition."""
        start = State(entry, Memory(self._image))
        start.registers |= {**self._processor.fixed, self._processor.pointer: Stack(0)}
        self._entry = entry
        self._spent: Counter[int] = Counter()
        self._seen: dict[tuple[object, ...], _Seen] = {}
        found: dict[Declared, None] = {}
        self._add([start])
        while self._work:
            state = self._arrive(heappop(self._work)[-1])
            if state is None:
                continue
            try:
                for ended in self._run(state):
                    found[ended] = None
            except _LeaveOutError as left:
                self._leave_out(left.callee)
        return list(found)

    def _add(self, states: Iterable[State]) -> None:
        # Called functions first and lower addresses first: what parts at a
        # condition then mostly meets again before it is followed further.
        for state in states:
            self._added += 1
            heappush(self._work, (-len(state.frames), state.pc, self._added, state))

    def _leave_out(self, callee: int) -> None:
        """Give up what is inside `callee`, and go on behind each call of it."""
        self._left_out.add(callee)
        states = [entry[-1] for entry in self._work] + self._instead.pop(callee, [])
        self._work = []
        self._add(s for s in states if self._left_out.isdisjoint(f.callee for f in s.frames))

    def _arrive(self, state: State) -> State | None:
        """The state to go on with at this place, None if it brings nothing new."""
        state.tidy(self._processor.pointer)
        # Where the module is held is kept apart too: the way out of a function is
        # often shared, with the module or zero in the register that is returned.
        key = (state.pc, state.frames, state.gil, state.failed, state.holders(_MODULES))
        seen = self._seen.setdefault(key, _Seen([]))
        if any(state.same(old) for old in seen.states):
            return None
        if len(seen.states) < _STATES:
            seen.states.append(state.copy())
            return state
        joined = seen.states[-1].join(state)
        if joined.same(seen.states[-1]):
            return None
        seen.states[-1] = joined.copy()
        return joined

    def _run(self, state: State) -> Iterator[Declared]:
        """Go on from a state until paths part or end."""
        if state.pc == _LEFT:
            yield from self._end(state)
            return
        while True:
            instruction = self._fetch(state)
            if instruction.mnemonic in _STOPS:
                return
            after = instruction.address + instruction.size
            flow = self._processor.step(state, instruction)
            if flow is None:
                state.pc = after
                continue
            if isinstance(flow, Return):
                if state.frames:
                    self._back(state)
                    self._add([state])
                else:
                    yield from self._end(state)
                return
            self._add(self._ways(state, flow, instruction.address, after))
            return

    def _fetch(self, state: State) -> CsInsn:
        self._steps += 1
        for frame in state.frames:
            self._spent[frame.callee] += 1
        if state.frames and self._spent[state.frames[0].callee] > _CALLEE:
            # The innermost that took a good part of it.
            share = (f.callee for f in reversed(state.frames))
            raise _LeaveOutError(next(c for c in share if self._spent[c] > _CALLEE // 4))
        self._budget.left -= 1
        if self._steps > _INSTRUCTIONS or self._budget.left < 0:
            raise _LostError("its initialisation is too long to follow")
        instruction = self._decoded.get(state.pc)
        if instruction is None:
            self._decode(state.pc)
            instruction = self._decoded.get(state.pc)
        if instruction is None:
            raise self._lost(state, "its initialisation runs into what is no code")
        return instruction

    def _decode(self, address: int) -> None:
        region = next((r for r in self._code if r.address <= address < r.address + r.size), None)
        if region is None:
            return
        size = min(_CHUNK, region.address + region.size - address)
        code = self._image.bytes_at(address, size)
        for instruction in self._processor.decode(code, address) if code else ():
            self._decoded.setdefault(instruction.address, instruction)

    def _lost(self, state: State, why: str) -> Exception:
        return _LeaveOutError(state.frames[-1].callee) if state.frames else _LostError(why)

    def _ways(self, state: State, flow: Flow, site: int, after: int) -> list[State]:
        if isinstance(flow, Branch):
            return self._parted(state, flow, after)
        if isinstance(flow, Choose):
            return self._chosen(state, flow, after)
        if isinstance(flow, Call):
            return self._called(state, flow.target, site, after)
        if isinstance(flow, Jump):
            return self._jumped(state, flow.target, site)
        return []

    def _parted(self, state: State, flow: Branch, after: int) -> list[State]:
        holds = evaluate(flow.condition, flow.compared, state.nonnull)
        states = []
        for taken in (False, True) if holds is None else (holds,):
            other = state.copy() if holds is None else state
            other.pc = flow.target if taken else after
            if flow.condition in {"eq", "ne"}:
                other.assume(flow.compared, equal=(flow.condition == "eq") == taken)
            states.append(other)
        return states

    def _chosen(self, state: State, flow: Choose, after: int) -> list[State]:
        holds = evaluate(flow.condition, flow.compared, state.nonnull)
        states = []
        for taken in (False, True) if holds is None else (holds,):
            other = state.copy() if holds is None else state
            other.pc = after
            other.registers[flow.register] = flow.if_true if taken else flow.if_false
            if flow.condition in {"eq", "ne"}:
                other.assume(flow.compared, equal=(flow.condition == "eq") == taken)
            states.append(other)
        return states

    def _jumped(self, state: State, target: Value, site: int) -> list[State]:
        target = self._stub(target)
        if isinstance(target, int):
            state.pc = target
            return [state]
        if isinstance(target, Import):  # a call in last place
            if not self._supplied(state, target.name, site):
                return []
            return self._returned(state)
        raise self._lost(state, "its initialisation jumps to where only run time tells")

    def _returned(self, state: State) -> list[State]:
        if state.frames:
            self._back(state)
        else:
            state.pc = _LEFT
        return [state]

    def _back(self, state: State) -> None:
        frame = state.frames[-1]
        state.frames = state.frames[:-1]
        state.pc = frame.back
        state.registers[self._processor.pointer] = frame.pointer

    def _stub(self, target: Value) -> Value:
        """The import that a linker's stub jumps to, or `target` if it is no stub."""
        if not isinstance(target, int):
            return target
        if target not in self._stubs:
            self._stubs[target] = self._through(target) or target
        return self._stubs[target]

    def _through(self, target: int) -> Import | None:
        state = State(target, Memory(self._image))
        for _ in range(_STUB):
            if state.pc not in self._decoded:
                self._decode(state.pc)
            instruction = self._decoded.get(state.pc)
            if instruction is None:
                return None
            flow = self._processor.step(state, instruction)
            if isinstance(flow, Jump) and isinstance(flow.target, Import):
                # A function that changes its arguments first is not just a stub.
                changed = any(r in state.registers for r in self._processor.arguments)
                return None if changed else flow.target
            if flow is not None:
                return None
            state.pc = instruction.address + instruction.size
        return None

    def _called(self, state: State, target: Value, site: int, after: int) -> list[State]:
        target = self._stub(target)
        if isinstance(target, Import):
            state.pc = after
            return [state] if self._supplied(state, target.name, site) else []
        if self._never_back(after):
            return []
        if isinstance(target, int) and self._follows(state, target):
            instead = state.copy()
            self._disturbed(instead, site)
            instead.pc = after
            self._instead.setdefault(target, []).append(instead)
            pointer = state.registers.get(self._processor.pointer)
            if self._processor.pointer == "rsp":  # the call pushes where to go back to
                state.registers["rsp"] = plus(pointer, -8 & ((1 << 64) - 1))
                state.memory.store(state.registers["rsp"], 8, after)
            state.frames = (*state.frames, Frame(after, pointer, target))
            state.pc = target
            return [state]
        self._disturbed(state, site)
        state.pc = after
        return [state]

    def _never_back(self, after: int) -> bool:
        """Does the compiler know that the call returns never, and put a trap behind it?"""
        if after not in self._decoded:
            self._decode(after)
        instruction = self._decoded.get(after)
        return instruction is not None and instruction.mnemonic in _STOPS

    def _follows(self, state: State, target: int) -> bool:
        if target in self._left_out or len(state.frames) >= _DEPTH:
            return False
        if target == self._entry or any(f.callee == target for f in state.frames):
            return False
        if not any(r.address <= target < r.address + r.size for r in self._code):
            return False
        if not state.created or self._is_leaf(target):
            return True
        # Once the module exists, only what is given it can declare anything.
        return any(
            isinstance(value := state.registers.get(name), Result) and value.callee in _CREATE
            for name in self._processor.arguments
        )

    def _is_leaf(self, target: int) -> bool:
        """Is it a few instructions that call nothing, e.g. the check of a stack cookie?"""
        place = target
        for _ in range(_LEAF):
            if place not in self._decoded:
                self._decode(place)
            instruction = self._decoded.get(place)
            if instruction is None or instruction.group(CS_GRP_CALL):
                return False
            if instruction.group(CS_GRP_RET):
                return True
            place = instruction.address + instruction.size
        return False

    def _supplied(self, state: State, name: str, site: int) -> bool:
        """Do what the interpreter or the C library would; False if it never returns."""
        if name in _NEVER_RETURN or ("__throw_" in name and name.startswith("_ZSt")):
            return False
        arguments = [state.registers.get(r) for r in self._processor.arguments]
        first = arguments[0] if isinstance(arguments[0], int) else None
        result: Value = Result(site, name)
        if name == _DEFINITION or name in _CREATE:
            result = Result(site, name, first)
            state.created = state.created or name in _CREATE
        elif name == "PyObject_CallMethod" and text_at(self._image, arguments[1]) == _CFFI:
            result = Result(site, _CFFI)
            state.created = True
        elif name == "PyUnstable_Module_SetGIL":
            state.module = arguments[0]
            state.gil = int(arguments[1] == 1) if arguments[1] in {0, 1} else -1
        elif name in _RAISE or name in _SWALLOW:
            state.failed = name in _RAISE
        elif name in _COPIES or name in {"memset", "__memset_chk"}:
            self._moved(state, arguments, copy=name in _COPIES)
            result = arguments[0]
        elif name in _ANSWERS:
            result = _ANSWERS[name]
        self._forgotten(state, arguments)
        state.registers[self._processor.result] = result
        return True

    def _moved(self, state: State, arguments: list[Value], *, copy: bool) -> None:
        into, source, size = arguments[:3]
        if not isinstance(size, int) or size > 1024:
            state.memory.forget(into, 1024)
            return
        for offset in range(0, size, 8):
            length = min(8, size - offset)
            value: Value = 0 if source == 0 else None
            if copy:
                value = state.memory.load(plus(source, offset), length)
            state.memory.store(plus(into, offset), length, value)

    def _disturbed(self, state: State, site: int) -> None:
        """A function that is not followed was called."""
        arguments = [state.registers.get(r) for r in self._processor.arguments]
        for value in arguments:
            if isinstance(value, int) and self._is_data(value):
                state.memory.expose(value)
        self._forgotten(state, arguments)
        state.registers[self._processor.result] = Result(site, "")

    def _is_data(self, address: int) -> bool:
        return any(r.address <= address < r.address + r.size for r in self._data)

    def _forgotten(self, state: State, arguments: list[Value]) -> None:
        """What a call may have changed of registers and of the caller's variables."""
        for value in arguments:
            if isinstance(value, Stack):
                state.memory.forget(value, 64)
        for register in self._processor.scratch:
            state.registers.pop(register, None)
        state.vectors.clear()
        state.flags = None

    def _end(self, state: State) -> Iterator[Declared]:
        """What this path declares, if it is a successful one."""
        value = state.registers.get(self._processor.result)
        if value == 0 or state.failed:
            return  # an exception is set, so the import fails
        if self._export:
            if isinstance(value, int):
                yield declared_by_slots(self._image, state.memory, value)
            else:
                yield _unknown("where its slots are is computed by code that was not followed")
        elif isinstance(value, Result) and value.callee == _DEFINITION:
            if value.argument is None:
                yield _unknown("which definition it returns is computed")
            else:
                yield declared_by_definition(self._image, state.memory, value.argument)
        elif _is_module(value) or (isinstance(value, Result) and value == state.module):
            yield _single_phase(state.gil)
        elif isinstance(value, Result) and value.callee == _CFFI:
            yield _by_cffi()
        elif state.created and state.gil is not None and not _elsewhere(value):
            # What is returned got lost, but it was declared on the way, and no
            # module that is declared and then thrown away has been seen.
            yield _single_phase(state.gil)
        elif _elsewhere(value):
            yield _unknown(f"it returns what {value.callee} of another library gives it")
        else:
            yield _unknown("what its initialisation returns could not be followed")


_LEFT = -1  # where nothing is: the path is over


def _is_module(value: Value) -> bool:
    return isinstance(value, Result) and value.callee in _CREATE


def _elsewhere(value: Value) -> TypeGuard[Result]:
    return isinstance(value, Result) and value.callee != ""


def _single_phase(gil: int | None) -> Declared:
    how = Initialisation.SINGLE_PHASE
    if gil is None:
        why = "it is initialised in a single phase and never calls PyUnstable_Module_SetGIL"
        return Declared(how, Declaration.USED, False, why)
    if gil == 1:
        why = "it calls PyUnstable_Module_SetGIL with Py_MOD_GIL_NOT_USED"
        return Declared(how, Declaration.NOT_USED, True, why)
    if gil == 0:
        why = "it calls PyUnstable_Module_SetGIL with Py_MOD_GIL_USED"
        return Declared(how, Declaration.USED, True, why)
    why = "what it gives PyUnstable_Module_SetGIL is computed"
    return Declared(how, Declaration.RUN_TIME, True, why)


def _by_cffi() -> Declared:
    """A module of cffi's API mode: its backend creates it (c/cffi1_module.c).

    The first cffi for a free-threaded build is 2.0, which calls
    `PyUnstable_Module_SetGIL` for every module that it creates.
    """
    how = Initialisation.SINGLE_PHASE
    why = "cffi's backend creates it, and says Py_MOD_GIL_NOT_USED for it (cffi 2.0 and later)"
    return Declared(how, Declaration.NOT_USED, True, why)
