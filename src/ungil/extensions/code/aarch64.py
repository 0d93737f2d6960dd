"""AArch64, as far as compilers use it to initialise modules.

Source of the semantics: Arm Architecture Reference Manual for A-profile
(DDI 0487), and the procedure call standard AAPCS64 (Apple's and Windows'
differ from it in nothing that matters here). Whatever is not modelled makes
what it writes unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence

import capstone
from capstone import CsInsn
from capstone import arm64 as cs
from capstone.arm64 import Arm64Op

from ungil.extensions.code.processor import Branch, Call, Choose, Flow, Jump, Return
from ungil.extensions.code.state import State
from ungil.extensions.code.values import MASK, Comparison, Half, Thread, Value, mix, plus

__all__ = ["AArch64"]

_CONDITIONS = {
    "eq": "eq",
    "ne": "ne",
    "lt": "lt",
    "le": "le",
    "gt": "gt",
    "ge": "ge",
    "lo": "ult",
    "cc": "ult",
    "ls": "ule",
    "hi": "ugt",
    "hs": "uge",
    "cs": "uge",
    "mi": "mi",
    "pl": "pl",
}

_IDLE = frozenset(
    {"nop", "bti", "paciasp", "autiasp", "pacibsp", "autibsp", "hint", "dmb", "yield"}
)
_RETURNS = frozenset({"ret", "retaa", "retab"})
_LOADS = {
    **dict.fromkeys(("ldr", "ldur", "ldar", "ldapr", "ldxr", "ldaxr", "ldtr"), 0),
    **dict.fromkeys(("ldrb", "ldurb", "ldarb", "ldaprb", "ldxrb", "ldaxrb"), 1),
    **dict.fromkeys(("ldrh", "ldurh", "ldarh", "ldaprh"), 2),
}
_STORES = {
    **dict.fromkeys(("str", "stur", "stlr", "sttr"), 0),
    **dict.fromkeys(("strb", "sturb", "stlrb"), 1),
    **dict.fromkeys(("strh", "sturh", "stlrh"), 2),
}
_SIGNED_LOADS = {"ldrsw": 4, "ldursw": 4, "ldrsb": 1, "ldursb": 1, "ldrsh": 2, "ldursh": 2}


def _canonical() -> dict[str, tuple[str, int]]:
    """Every general register's name -> its 64-bit register and size."""
    names = {f"x{n}": (f"x{n}", 8) for n in range(31)} | {f"w{n}": (f"x{n}", 4) for n in range(31)}
    names |= {"fp": ("x29", 8), "lr": ("x30", 8), "sp": ("sp", 8), "wsp": ("sp", 4)}
    return names


_NAMES = _canonical()
_SIZES = {"b": 1, "h": 2, "s": 4, "d": 8, "q": 16, "v": 16}


class AArch64:
    """The processor."""

    arguments: Sequence[str] = ("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7")
    result = "x0"
    pointer = "sp"
    scratch = frozenset(f"x{n}" for n in range(19)) | {"x30"}

    def __init__(self, *, windows: bool) -> None:
        self.fixed: Mapping[str, Value] = {"x18": Thread()} if windows else {}
        self._decoder = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
        self._decoder.detail = True

    def decode(self, code: bytes, address: int) -> list[CsInsn]:
        """Decode."""
        return list(self._decoder.disasm(code, address))

    def step(self, state: State, instruction: CsInsn) -> Flow | None:
        """Do one instruction."""
        name: str = instruction.mnemonic
        if name in _IDLE:
            return None
        if name in _RETURNS:
            return Return()
        operands = instruction.operands
        if name[0] in "bct":
            flow = _branch(state, instruction, operands, name)
            if flow is not None:
                return flow
        if name in {"csel", "csinc", "cset", "csinv", "csneg", "cinc"}:
            return _select(state, instruction, operands, name)
        if name in _LOADS or name in _STORES or name in _SIGNED_LOADS:
            _access(state, instruction, operands, name)
        elif name in {"ldp", "stp", "ldnp", "stnp"}:
            _pair(state, instruction, operands, load=name[0] == "l")
        elif not _compute(state, instruction, operands, name):
            _unknown(state, instruction, operands)
        return None


def _read(state: State, instruction: CsInsn, operand: Arm64Op) -> Value:
    if operand.type == cs.ARM64_OP_IMM:
        number = int(operand.imm)
        if operand.shift.type == cs.ARM64_SFT_LSL:
            number <<= operand.shift.value
        return number & MASK
    if operand.type != cs.ARM64_OP_REG:
        return None
    name = instruction.reg_name(operand.reg)
    if name in {"xzr", "wzr"}:
        return 0
    whole, size = _NAMES.get(name, ("", 0))
    value = (
        state.registers.get(whole) if whole else state.vectors.get(_vector_name(name), (None,))[0]
    )
    if isinstance(value, int):
        size = size or 8
        value &= (1 << (8 * size)) - 1
        return _shifted(value, operand, size)
    if isinstance(value, Half) and size == 4:
        value = value.number
    return value if operand.shift.type == 0 and operand.ext == 0 else None


def _shifted(value: int, operand: Arm64Op, size: int) -> Value:
    if operand.ext in {cs.ARM64_EXT_UXTB, cs.ARM64_EXT_UXTH, cs.ARM64_EXT_UXTW}:
        bits = {cs.ARM64_EXT_UXTB: 8, cs.ARM64_EXT_UXTH: 16, cs.ARM64_EXT_UXTW: 32}[operand.ext]
        value &= (1 << bits) - 1
    elif operand.ext not in {0, cs.ARM64_EXT_UXTX, cs.ARM64_EXT_SXTX}:
        return None
    if operand.shift.type == cs.ARM64_SFT_LSL:
        return (value << int(operand.shift.value)) & ((1 << (8 * size)) - 1)
    return value if operand.shift.type == 0 else None


def _write(state: State, instruction: CsInsn, operand: Arm64Op, value: Value) -> None:
    if operand.type == cs.ARM64_OP_REG:
        _set(state, instruction.reg_name(operand.reg), value)


def _set(state: State, name: str, value: Value, high: Value = 0) -> None:
    if name in {"xzr", "wzr"}:
        return
    whole, size = _NAMES.get(name, ("", 0))
    if not whole:
        if name[:1] in _SIZES:
            state.vectors[_vector_name(name)] = (value, high)
        return
    if isinstance(value, int):
        value &= (1 << (8 * size)) - 1
    state.registers[whole] = value


def _vector_name(name: str) -> str:
    return "v" + name[1:]


def _address(state: State, instruction: CsInsn, operand: Arm64Op) -> Value:
    memory = operand.mem
    base = _NAMES.get(instruction.reg_name(memory.base) or "", ("",))[0]
    address = plus(state.registers.get(base), int(memory.disp) & MASK)
    if memory.index != 0 and not isinstance(address, Thread):
        name = instruction.reg_name(memory.index)
        index = 0 if name in {"xzr", "wzr"} else state.registers.get(_NAMES.get(name, ("",))[0])
        whole = operand.ext in {0, cs.ARM64_EXT_UXTX, cs.ARM64_EXT_SXTX}
        shift = int(operand.shift.value)
        if isinstance(index, int) and whole:
            index <<= shift
        elif shift or not whole:
            index = None
        address = plus(address, index)
    return address


def _write_back(state: State, instruction: CsInsn, operands: list[Arm64Op]) -> Value:
    """The address accessed; the base register moves if the instruction says so."""
    place = next(o for o in operands if o.type == cs.ARM64_OP_MEM)
    address = _address(state, instruction, place)
    if instruction.writeback:
        base = _NAMES.get(instruction.reg_name(place.mem.base) or "", ("",))[0]
        # Before the access by the displacement, after it by a further operand.
        after = operands[-1] if operands[-1].type == cs.ARM64_OP_IMM else None
        state.registers[base] = plus(address, int(after.imm) & MASK) if after else address
    return address


def _access(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> None:
    register = instruction.reg_name(operands[0].reg)
    size = _LOADS.get(name) or _STORES.get(name) or _SIGNED_LOADS.get(name) or 0
    size = size or (_NAMES[register][1] if register in _NAMES else 0) or _SIZES.get(register[0], 8)
    if register in {"wzr", "xzr"}:
        size = (_LOADS.get(name) or _STORES.get(name)) or (4 if register == "wzr" else 8)
    if not any(o.type == cs.ARM64_OP_MEM for o in operands):
        literal = operands[1].imm if operands[1].type == cs.ARM64_OP_IMM else None
        _set(state, register, state.memory.load(literal, size) if size <= 8 else None, None)
        return
    if name in _STORES:
        value = _read(state, instruction, operands[0])
        high = state.vectors.get(_vector_name(register), (None, None))[1]
        address = _write_back(state, instruction, operands)
        state.memory.store(address, min(size, 8), value)
        if size == 16:
            state.memory.store(plus(address, 8), 8, high)
        return
    address = _write_back(state, instruction, operands)
    value = state.memory.load(address, min(size, 8))
    if name in _SIGNED_LOADS and isinstance(value, int):
        half = 1 << (8 * size - 1)
        value = ((value + half) & (2 * half - 1)) - half & MASK
    _set(state, register, value, state.memory.load(plus(address, 8), 8) if size == 16 else 0)


def _pair(state: State, instruction: CsInsn, operands: list[Arm64Op], *, load: bool) -> None:
    names = [instruction.reg_name(o.reg) for o in operands[:2]]
    first = names[0]
    size = _NAMES[first][1] if first in _NAMES else {"wzr": 4, "xzr": 8}.get(first, 0)
    size = size or _SIZES.get(first[0], 8)
    values = [_read(state, instruction, o) for o in operands[:2]]
    highs = [state.vectors.get(_vector_name(n), (None, None))[1] for n in names]
    address = _write_back(state, instruction, operands)
    for number, name in enumerate(names):
        place = plus(address, number * size)
        if load:
            high = state.memory.load(plus(place, 8), 8) if size == 16 else 0
            _set(state, name, state.memory.load(place, min(size, 8)), high)
        else:
            state.memory.store(place, min(size, 8), values[number])
            if size == 16:
                state.memory.store(plus(place, 8), 8, highs[number])


def _branch(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> Flow | None:
    if name in {"bl", "blr", "blraa", "blraaz", "blrab", "blrabz"}:
        return Call(_read(state, instruction, operands[0]))
    if name in {"b", "br", "braa", "braaz", "brab", "brabz"}:
        return Jump(_read(state, instruction, operands[0]))
    if name.startswith("b."):
        return Branch(int(operands[0].imm), _CONDITIONS.get(name[2:], "?"), state.flags)
    if name in {"cbz", "cbnz"}:
        register = instruction.reg_name(operands[0].reg)
        size = 4 if register.startswith("w") else 8
        compared = Comparison(_read(state, instruction, operands[0]), 0, size)
        return Branch(int(operands[1].imm), "eq" if name == "cbz" else "ne", compared)
    if name in {"tbz", "tbnz"}:
        value = _read(state, instruction, operands[0])
        bit = (value >> int(operands[1].imm)) & 1 if isinstance(value, int) else None
        compared = Comparison(bit, 0, 8)
        return Branch(int(operands[2].imm), "eq" if name == "tbz" else "ne", compared)
    return None


def _select(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> Flow | None:
    register = instruction.reg_name(operands[0].reg)
    whole = _NAMES.get(register, ("",))[0]
    condition = _CONDITIONS.get(_CODES.get(instruction.cc, ""), "?")
    if name == "cset":
        return Choose(whole, condition, state.flags, 1, 0)
    values = [_read(state, instruction, o) for o in operands[1:3]]
    if name == "csel":
        return Choose(whole, condition, state.flags, values[0], values[1])
    if name == "csinc":
        return Choose(whole, condition, state.flags, values[0], plus(values[1], 1))
    _set(state, register, None)
    return None


_CODES = {
    cs.ARM64_CC_EQ: "eq",
    cs.ARM64_CC_NE: "ne",
    cs.ARM64_CC_HS: "hs",
    cs.ARM64_CC_LO: "lo",
    cs.ARM64_CC_HI: "hi",
    cs.ARM64_CC_LS: "ls",
    cs.ARM64_CC_GE: "ge",
    cs.ARM64_CC_LT: "lt",
    cs.ARM64_CC_GT: "gt",
    cs.ARM64_CC_LE: "le",
    cs.ARM64_CC_MI: "mi",
    cs.ARM64_CC_PL: "pl",
}


def _compute(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> bool:
    """Arithmetic and moves; False if this is not one that is modelled."""
    if name in {"cmp", "cmn", "tst"}:
        _compare(state, instruction, operands, name)
        return True
    if name in {"mov", "movi", "movk", "fmov", "dup", "ins"}:
        return _move(state, instruction, operands, name)
    if name in {"adr", "adrp", "movz", "movn"}:
        value = _read(state, instruction, operands[1])
        if name == "movn":
            value = ~value & MASK if isinstance(value, int) else None
        _write(state, instruction, operands[0], value)
        return True
    target = instruction.reg_name(operands[0].reg) if operands else ""
    if len(operands) != 3 or (target not in _NAMES and target not in {"xzr", "wzr"}):
        return False
    left, right = (_read(state, instruction, operand) for operand in operands[1:])
    base = name.removesuffix("s") if name in {"adds", "subs", "ands"} else name
    if base not in _ARITHMETIC:
        return False
    value = _ARITHMETIC[base](left, right)
    _write(state, instruction, operands[0], value)
    size = 4 if target.startswith("w") else 8
    if name == "subs":
        state.flags = Comparison(left, right, size)
    elif name != base:
        state.flags = Comparison(value, 0, size) if isinstance(value, int) else None
    return True


def _number(operation: Callable[[int, int], int]) -> Callable[[Value, Value], Value]:
    """An operation that is known for numbers alone."""

    def apply(left: Value, right: Value) -> Value:
        if isinstance(left, int) and isinstance(right, int):
            return operation(left, right) & MASK
        return None

    return apply


def _or(left: Value, right: Value) -> Value:
    if left == 0 or right == 0:
        return right if left == 0 else left
    return _number(operator.or_)(left, right)


_ARITHMETIC: Mapping[str, Callable[[Value, Value], Value]] = {
    "add": plus,
    "sub": lambda left, right: plus(left, -right & MASK) if isinstance(right, int) else None,
    "and": _number(operator.and_),
    "orr": _or,
    "eor": lambda left, right: mix(left, right) if right != 0 else left,
    "lsl": _number(lambda left, right: left << (right & 63)),
    "lsr": _number(lambda left, right: left >> (right & 63)),
}


def _compare(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> None:
    left = _read(state, instruction, operands[0])
    right = _read(state, instruction, operands[1])
    size = 4 if instruction.reg_name(operands[0].reg).startswith("w") else 8
    if name in {"cmp", "cmn"}:
        if name == "cmn":
            right = -right & MASK if isinstance(right, int) else None
        state.flags = Comparison(left, right, size)
    elif isinstance(left, int) and isinstance(right, int):
        state.flags = Comparison(left & right, 0, size)
    else:
        state.flags = Comparison(left, 0, size) if left is not None and left == right else None


def _move(state: State, instruction: CsInsn, operands: list[Arm64Op], name: str) -> bool:
    target = instruction.reg_name(operands[0].reg)
    if name == "movk":
        old, part = state.registers.get(_NAMES[target][0]), operands[1]
        shift = part.shift.value if part.shift.type == cs.ARM64_SFT_LSL else 0
        new = None
        if isinstance(old, int):
            new = (old & ~(0xFFFF << shift)) | (int(part.imm) << shift)
        _set(state, target, new)
        return True
    if name == "movi":
        zero = operands[1].type == cs.ARM64_OP_IMM and operands[1].imm == 0
        _set(state, target, 0 if zero else None, 0 if zero else None)
        return True
    lane = operands[0].vector_index
    value = _read(state, instruction, operands[1])
    if target in _NAMES or target in {"wzr", "xzr"}:
        _set(state, target, value if operands[1].vector_index <= 0 else None)
        return True
    old_low, old_high = state.vectors.get(_vector_name(target), (None, None))
    wide = instruction.reg_name(operands[1].reg or 0) or ""
    if name in {"mov", "ins"} and lane >= 0 and wide.startswith(("x", "d", "v")):
        pair = (value, old_high) if lane == 0 else (old_low, value if lane == 1 else None)
        ok = operands[0].vas in {0, cs.ARM64_VAS_1D} and operands[1].vector_index <= 0
        state.vectors[_vector_name(target)] = pair if ok else (None, None)
    elif name == "dup" and wide.startswith("x"):
        state.vectors[_vector_name(target)] = (value, value)
    elif name == "mov" and wide.startswith(("v", "q")) and lane < 0:
        state.vectors[_vector_name(target)] = state.vectors.get(_vector_name(wide), (None, None))
    elif name == "fmov" and wide.startswith(("x", "d")):
        state.vectors[_vector_name(target)] = (value, 0)
    else:
        state.vectors[_vector_name(target)] = (None, None)
    return True


def _unknown(state: State, instruction: CsInsn, operands: list[Arm64Op]) -> None:
    """What this instruction writes is not known."""
    # capstone's lists of what is written are not complete for this machine, so
    # a first register is taken as written whatever they say.
    for number, operand in enumerate(operands):
        if operand.type == cs.ARM64_OP_REG and (
            number == 0 or operand.access & capstone.CS_AC_WRITE
        ):
            _set(state, instruction.reg_name(operand.reg), None, None)
        elif operand.type == cs.ARM64_OP_MEM:
            # A store of a size that is not known: two vectors are the largest.
            if operand.access & capstone.CS_AC_WRITE or instruction.mnemonic.startswith("st"):
                state.memory.forget(_address(state, instruction, operand), 64)
            if instruction.writeback:
                _set(state, instruction.reg_name(operand.mem.base), None)
    _, written = instruction.regs_access()
    for register in written:
        _set(state, instruction.reg_name(register), None, None)
    state.flags = None
