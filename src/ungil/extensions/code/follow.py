"""Follow a module's initialisation function, without running it.

Every path is followed as far as values are known; where a condition is not
known, both ways are taken. What the function returns on its successful paths
is the module or its definition, and that says what is declared.

This is abstract interpretation by a worklist (P. and R. Cousot 1977) over
constants, with a few states kept apart at each place and joined beyond that.
Emulation was rejected: it needs an answer for every call into the
interpreter, and sees only the one way that these answers lead to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush

from capstone import CS_GRP_CALL, CS_GRP_RET, CsInsn

from ungil.extensions.budget import Budget
from ungil.extensions.code.definition import Declared
from ungil.extensions.code.memory import Memory
from ungil.extensions.code.outcome import agreed, ended, undecided
from ungil.extensions.code.processor import Branch, Call, Choose, Flow, Jump, Processor, Return
from ungil.extensions.code.state import Frame, State
from ungil.extensions.code.supplied import CFFI, CREATE, call_import, call_unknown
from ungil.extensions.code.values import MASK, Result, Stack, Value, evaluate, plus
from ungil.extensions.images.image import Image, Import
from ungil.extensions.model import Declaration

__all__ = ["follow"]

_INSTRUCTIONS = 24_000  # of all paths together
_CALLEES = (800, 6_000)  # of one called function; a longer one is left out
_STRAIGHT = 4_000  # without a branch; a fill of zeros can be "executed" too
_DEPTH = 8
_STATES = 3  # kept apart at one place
_LEAF = 12  # instructions
_STUB = 5  # instructions of a linker's stub
_CHUNK = 48  # bytes decoded at once; most functions that matter are short

_STOPS = frozenset({"ud2", "int3", "int", "hlt", "brk", "udf"})


class _LeaveOutError(Exception):
    """A called function cannot be followed to its end."""

    def __init__(self, callee: int) -> None:
        self.callee = callee


class _LostError(Exception):
    """The function itself cannot be followed; the message says why."""


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
    declared = undecided("nothing was followed")
    for callee in _CALLEES:  # the second time only for the few that need it
        walk = _Walk(image, processor, export, budget, callee)
        try:
            declared = agreed(walk.declared(entry))
        except _LostError as error:
            declared = undecided(str(error))
        if declared.declaration is not Declaration.UNKNOWN or not walk.left_out:
            break
    return declared


class _Walk:
    def __init__(
        self, image: Image, processor: Processor, export: bool, budget: Budget, callee: int
    ) -> None:
        self._most = callee
        self._budget = budget
        self._image = image
        self._processor = processor
        self._export = export
        self._decoded: dict[int, CsInsn] = {}
        self._stubs: dict[int, Value] = {}
        self._steps = 0
        self._code = [r for r in image.regions if r.executable]
        self.left_out: set[int] = set()
        self._work: list[tuple[int, int, int, State]] = []
        self._seen: dict[tuple[object, ...], list[State]] = {}
        self._spent: Counter[int] = Counter()
        self._found: dict[Declared, None] = {}
        self._added = 0
        self._instead: dict[int, list[State]] = {}

    def declared(self, entry: int) -> list[Declared]:
        """What each successful path declares, without repetition."""
        start = State(entry, Memory(self._image))
        start.registers |= {**self._processor.fixed, self._processor.pointer: Stack(0)}
        self._entry = entry
        self._add([start])
        while self._work:
            state = self._arrive(heappop(self._work)[-1])
            if state is None:
                continue
            try:
                self._run(state)
            except _LeaveOutError as left:
                self._leave_out(left.callee)
        return list(self._found)

    def _add(self, states: Iterable[State]) -> None:
        # Called functions first and lower addresses first: what parts at a
        # condition then mostly meets again before it is followed further.
        for state in states:
            self._added += 1
            heappush(self._work, (-len(state.frames), state.pc, self._added, state))

    def _leave_out(self, callee: int) -> None:
        """Give up what is inside `callee`, and go on behind each call of it."""
        self.left_out.add(callee)
        states = [entry[-1] for entry in self._work] + self._instead.pop(callee, [])
        self._work = []
        self._add(s for s in states if self.left_out.isdisjoint(f.callee for f in s.frames))

    def _arrive(self, state: State) -> State | None:
        """The state to go on with at this place, None if it brings nothing new."""
        state.tidy(self._processor.pointer)
        # Where the module is held is kept apart too: the way out of a function is
        # often shared, with the module or zero in the register that is returned.
        key = (state.pc, state.frames, state.gil, state.failed, state.holders(CREATE | {CFFI}))
        seen = self._seen.setdefault(key, [])
        if any(state.same(old) for old in seen):
            return None
        if len(seen) < _STATES:
            seen.append(state.copy())
            return state
        joined = seen[-1].join(state)
        if joined.same(seen[-1]):
            return None
        seen[-1] = joined.copy()
        return joined

    def _run(self, state: State) -> None:
        """Go on from a state until paths part or end."""
        for _ in range(_STRAIGHT):
            instruction = self._fetch(state)
            if instruction.mnemonic in _STOPS:
                return
            after = instruction.address + instruction.size
            flow = self._processor.step(state, instruction)
            if flow is None:
                state.pc = after
                continue
            if isinstance(flow, Return):
                self._add(self._returned(state))
                return
            self._add(self._ways(state, flow, instruction.address, after))
            return
        raise self._lost(state, "its initialisation has no end that could be found")

    def _fetch(self, state: State) -> CsInsn:
        self._steps += 1
        for frame in state.frames:
            self._spent[frame.callee] += 1
        if state.frames and self._spent[state.frames[0].callee] > self._most:
            raise _LeaveOutError(self._largest(state.frames))
        self._budget.instructions -= 1
        if self._steps > _INSTRUCTIONS or self._budget.instructions < 0:
            raise _LostError("its initialisation is too long to follow")
        instruction = self._decoded.get(state.pc)
        if instruction is None:
            self._decode(state.pc)
            instruction = self._decoded.get(state.pc)
        if instruction is None:
            raise self._lost(state, "its initialisation runs into what is no code")
        return instruction

    def _largest(self, frames: Sequence[Frame]) -> int:
        """The innermost function that took a good part of what its callers may."""
        callees = [frame.callee for frame in frames]
        chosen = next(c for c in reversed(callees) if self._spent[c] > self._most // 4)
        for caller in callees[: callees.index(chosen)]:  # they go on without it
            self._spent[caller] -= self._spent[chosen]
        return chosen

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

    def _ways(self, state: State, flow: Flow, site: int, after: int) -> Iterable[State]:
        if isinstance(flow, Branch):
            return self._parted(state, flow, after)
        if isinstance(flow, Choose):
            return self._chosen(state, flow, after)
        if isinstance(flow, Call):
            return self._called(state, flow.target, site, after)
        if isinstance(flow, Jump):
            return self._jumped(state, flow.target, site)
        return []

    def _either(self, state: State, flow: Branch | Choose) -> Iterator[tuple[bool, State]]:
        """Whether a condition holds, and the state if it does; both where that is not known."""
        holds = evaluate(flow.condition, flow.compared, state.nonnull)
        for taken in (False, True) if holds is None else (holds,):
            other = state.copy() if holds is None else state
            if flow.condition in {"eq", "ne"}:
                other.assume(flow.compared, equal=(flow.condition == "eq") == taken)
            yield taken, other

    def _parted(self, state: State, flow: Branch, after: int) -> Iterator[State]:
        for taken, other in self._either(state, flow):
            other.pc = flow.target if taken else after
            yield other

    def _chosen(self, state: State, flow: Choose, after: int) -> Iterator[State]:
        for taken, other in self._either(state, flow):
            other.pc = after
            other.registers[flow.register] = flow.if_true if taken else flow.if_false
            yield other

    def _jumped(self, state: State, target: Value, site: int) -> list[State]:
        target = self._stub(target)
        if isinstance(target, int):
            state.pc = target
            return [state]
        if isinstance(target, Import):  # a call in last place
            back = call_import(state, self._image, self._processor, target.name, site)
            return self._returned(state) if back else []
        raise self._lost(state, "its initialisation jumps to where only run time tells")

    def _returned(self, state: State) -> list[State]:
        """Back to whoever called; outside, the path has ended."""
        if not state.frames:
            value = state.registers.get(self._processor.result)
            declared = ended(state, self._image, value, export=self._export)
            if declared is not None:
                self._found[declared] = None
            return []
        frame = state.frames[-1]
        state.frames = state.frames[:-1]
        state.pc = frame.back
        state.registers[self._processor.pointer] = frame.pointer
        return [state]

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
            back = call_import(state, self._image, self._processor, target.name, site)
            return [state] if back else []
        if self._never_back(after):
            return []
        if isinstance(target, int) and self._follows(state, target):
            instead = state.copy()
            call_unknown(instead, self._image, self._processor, site)
            instead.pc = after
            self._instead.setdefault(target, []).append(instead)
            pointer = state.registers.get(self._processor.pointer)
            if self._processor.pointer == "rsp":  # the call pushes where to go back to
                state.registers["rsp"] = plus(pointer, -8 & MASK)
                state.memory.store(state.registers["rsp"], 8, after)
            state.frames = (*state.frames, Frame(after, pointer, target))
            state.pc = target
            return [state]
        call_unknown(state, self._image, self._processor, site)
        state.pc = after
        return [state]

    def _never_back(self, after: int) -> bool:
        """Does the compiler know that the call returns never, and put a trap behind it?"""
        if after not in self._decoded:
            self._decode(after)
        instruction = self._decoded.get(after)
        return instruction is not None and instruction.mnemonic in _STOPS

    def _follows(self, state: State, target: int) -> bool:
        if target in self.left_out or len(state.frames) >= _DEPTH:
            return False
        if target == self._entry or any(f.callee == target for f in state.frames):
            return False
        if not any(r.address <= target < r.address + r.size for r in self._code):
            return False
        if not state.created or self._is_leaf(target):
            return True
        # Once the module exists, only what is given it can declare anything.
        return any(
            isinstance(value := state.registers.get(name), Result) and value.callee in CREATE
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
