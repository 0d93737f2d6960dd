"""x86-64, as far as compilers use it to initialise modules.

Source of the semantics: Intel 64 and IA-32 Architectures Software Developer's
Manual, volume 2. Whatever is not modelled makes what it writes unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import capstone
from capstone import CsInsn
from capstone import x86 as cs
from capstone.x86 import X86Op

from ungil.extensions.code.processor import Branch, Call, Choose, Flow, Jump, Return
from ungil.extensions.code.state import State
from ungil.extensions.code.values import MASK, Comparison, Half, Thread, Value, evaluate, mix, plus

__all__ = ["X8664"]

_CONDITIONS = {
    "e": "eq",
    "ne": "ne",
    "l": "lt",
    "le": "le",
    "g": "gt",
    "ge": "ge",
    "b": "ult",
    "be": "ule",
    "a": "ugt",
    "ae": "uge",
    "s": "mi",
    "ns": "pl",
}

_SYSTEM_V = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")
_WINDOWS = ("rcx", "rdx", "r8", "r9")
_ALL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", *(f"r{n}" for n in range(8, 16)))
_KEPT_SYSTEM_V = {"rbx", "rbp", "r12", "r13", "r14", "r15"}
_KEPT_WINDOWS = _KEPT_SYSTEM_V | {"rdi", "rsi"}

_VECTOR_MOVES = frozenset(
    f"{v}{name}"
    for v in ("", "v")
    for name in (
        *("movaps", "movups", "movapd", "movupd", "movdqa", "movdqu", "movq", "movd", "movss"),
        *("movsd", "movlps", "movlpd", "movhps", "movhpd", "lddqu"),
    )
)
_ZEROED_BY_ITSELF = frozenset(
    f"{v}{name}" for v in ("", "v") for name in ("pxor", "xorps", "xorpd")
)
_PAIRS = frozenset(
    f"{v}{name}" for v in ("", "v") for name in ("punpcklqdq", "unpcklpd", "movlhps")
)
_IDLE = frozenset({"nop", "endbr64", "pause", "lfence", "sfence", "mfence", "prefetcht0", "cld"})


def _canonical() -> dict[str, tuple[str, int, int]]:
    """Every general register's name -> its 64-bit register, size and bit offset."""
    names: dict[str, tuple[str, int, int]] = {}
    for letter in "abcd":
        whole = f"r{letter}x"
        names |= {whole: (whole, 8, 0), f"e{letter}x": (whole, 4, 0), f"{letter}x": (whole, 2, 0)}
        names |= {f"{letter}l": (whole, 1, 0), f"{letter}h": (whole, 1, 8)}
    for short in ("si", "di", "bp", "sp"):
        whole = f"r{short}"
        names |= {whole: (whole, 8, 0), f"e{short}": (whole, 4, 0), short: (whole, 2, 0)}
        names |= {f"{short}l": (whole, 1, 0)}
    for number in range(8, 16):
        whole = f"r{number}"
        names |= {whole: (whole, 8, 0), f"{whole}d": (whole, 4, 0), f"{whole}w": (whole, 2, 0)}
        names |= {f"{whole}b": (whole, 1, 0)}
    return names


_NAMES = _canonical()


class X8664:
    """The processor with the System V or the Windows calling convention."""

    result = "rax"
    pointer = "rsp"

    def __init__(self, *, windows: bool) -> None:
        self.fixed: Mapping[str, Value] = {}
        self.arguments: Sequence[str] = _WINDOWS if windows else _SYSTEM_V
        self.scratch = frozenset(_ALL) - (_KEPT_WINDOWS if windows else _KEPT_SYSTEM_V)
        self._decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
        self._decoder.detail = True

    def decode(self, code: bytes, address: int) -> list[CsInsn]:
        """Decode."""
        return list(self._decoder.disasm(code, address))

    def step(self, state: State, instruction: CsInsn) -> Flow | None:
        """Do one instruction."""
        return _HANDLERS.get(_plain(instruction), _unknown)(
            state, instruction, instruction.operands
        )


def _plain(instruction: CsInsn) -> str:
    """The mnemonic without the prefixes that change nothing about control flow."""
    name: str = instruction.mnemonic
    prefix, _, rest = name.rpartition(" ")
    return rest if prefix in {"bnd", "notrack"} or rest == "ret" else name


def _read(state: State, instruction: CsInsn, operand: X86Op) -> Value:
    if operand.type == cs.X86_OP_IMM:
        return int(operand.imm) & MASK
    if operand.type == cs.X86_OP_MEM:
        return state.memory.load(_address(state, instruction, operand), operand.size)
    if operand.type != cs.X86_OP_REG:
        return None
    whole, size, shift = _NAMES.get(instruction.reg_name(operand.reg), ("", 0, 0))
    value = state.registers.get(whole)
    if isinstance(value, int):
        return (value >> shift) & ((1 << (8 * size)) - 1)
    if isinstance(value, Half) and size == 4:
        return value.number
    return value if size >= 4 else None


def _write(state: State, instruction: CsInsn, operand: X86Op, value: Value) -> None:
    if operand.type == cs.X86_OP_MEM:
        state.memory.store(_address(state, instruction, operand), operand.size, value)
        return
    if operand.type != cs.X86_OP_REG:
        return
    name = instruction.reg_name(operand.reg)
    whole, size, shift = _NAMES.get(name, ("", 0, 0))
    if not whole:
        state.vectors.pop(_vector_name(name), None)
        return
    if size >= 4:  # a write to the lower half clears the upper one
        state.registers[whole] = (
            value & ((1 << (8 * size)) - 1) if isinstance(value, int) else value
        )
        return
    old = state.registers.get(whole)
    mask = ((1 << (8 * size)) - 1) << shift
    if isinstance(value, int) and isinstance(old, int):
        state.registers[whole] = (old & ~mask) | ((value << shift) & mask)
    else:
        state.registers[whole] = None


def _address(state: State, instruction: CsInsn, operand: X86Op) -> Value:
    memory = operand.mem
    if memory.segment != 0:  # the thread's own memory, by `gs` on Windows
        return Thread() if memory.segment == cs.X86_REG_GS else None
    address: Value = int(memory.disp) & MASK
    if memory.base == cs.X86_REG_RIP:
        return plus(address, int(instruction.address + instruction.size))
    if memory.base != 0:
        base = _NAMES.get(instruction.reg_name(memory.base), ("",))[0]
        address = plus(state.registers.get(base), address)
    if memory.index != 0:
        index = state.registers.get(_NAMES.get(instruction.reg_name(memory.index), ("",))[0])
        scaled = index * int(memory.scale) if isinstance(index, int) else index
        address = plus(address, scaled if memory.scale == 1 or isinstance(index, int) else None)
    return address


def _unknown(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    """What this instruction writes is not known."""
    # capstone 5 does not list all that is written (`cmpxchg` has none of it), so
    # the first operand is taken as written, and so is all that a lock guards.
    locked = instruction.mnemonic.startswith("lock ")
    for number, operand in enumerate(operands):
        if number == 0 or locked or operand.access & capstone.CS_AC_WRITE:
            _write(state, instruction, operand, None)
    state.flags = None
    _, written = instruction.regs_access()
    for register in written:
        name = instruction.reg_name(register)
        if name in _NAMES:
            state.registers[_NAMES[name][0]] = None
        else:
            state.vectors.pop(_vector_name(name), None)


def _mov(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    _write(state, instruction, operands[0], _read(state, instruction, operands[1]))


def _movsx(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    value = _read(state, instruction, operands[1])
    if isinstance(value, int):
        half = 1 << (8 * operands[1].size - 1)
        value = ((value + half) & (2 * half - 1)) - half & MASK
    _write(state, instruction, operands[0], value)


def _lea(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    _write(state, instruction, operands[0], _address(state, instruction, operands[1]))


def _push(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    value = _read(state, instruction, operands[0])
    top = plus(state.registers.get("rsp"), -8 & MASK)
    state.registers["rsp"] = top
    state.memory.store(top, 8, value)


def _pop(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    top = state.registers.get("rsp")
    value = state.memory.load(top, 8)
    state.registers["rsp"] = plus(top, 8)
    _write(state, instruction, operands[0], value)


def _leave(state: State, _instruction: CsInsn, _operands: list[X86Op]) -> None:
    top = state.registers.get("rbp")
    state.registers["rbp"] = state.memory.load(top, 8)
    state.registers["rsp"] = plus(top, 8)


def _ret(_state: State, _instruction: CsInsn, _operands: list[X86Op]) -> Flow:
    return Return()


def _call(state: State, instruction: CsInsn, operands: list[X86Op]) -> Flow:
    return Call(_read(state, instruction, operands[0]))


def _jump(state: State, instruction: CsInsn, operands: list[X86Op]) -> Flow:
    return Jump(_read(state, instruction, operands[0]))


def _branch(state: State, instruction: CsInsn, operands: list[X86Op]) -> Flow | None:
    condition = _CONDITIONS.get(_plain(instruction).removeprefix("j"), "?")
    return Branch(int(operands[0].imm) & MASK, condition, state.flags)


def _conditional_move(state: State, instruction: CsInsn, operands: list[X86Op]) -> Flow | None:
    if_true = _read(state, instruction, operands[1])
    if_false = _read(state, instruction, operands[0])
    whole, size, _ = _NAMES.get(instruction.reg_name(operands[0].reg), ("", 0, 0))
    if size < 4:
        _write(state, instruction, operands[0], None)
        return None
    condition = _CONDITIONS.get(instruction.mnemonic.removeprefix("cmov"), "?")
    return Choose(whole, condition, state.flags, if_true, if_false)


def _compare(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    left = _read(state, instruction, operands[0])
    right = _read(state, instruction, operands[1])
    state.flags = Comparison(left, right, operands[0].size)


def _test(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    left = _read(state, instruction, operands[0])
    right = _read(state, instruction, operands[1])
    if isinstance(left, int) and isinstance(right, int):
        state.flags = Comparison(left & right, 0, operands[0].size)
    elif left is not None and left == right:
        state.flags = Comparison(left, 0, operands[0].size)
    else:
        state.flags = None


def _arithmetic(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    name: str = instruction.mnemonic.removeprefix("lock ")
    left = _read(state, instruction, operands[0])
    right: Value = 1 if len(operands) < 2 else _read(state, instruction, operands[1])
    same = len(operands) > 1 and operands[0].type == operands[1].type == cs.X86_OP_REG
    size = operands[0].size
    value: Value = None
    if name in {"xor", "sub"} and same and operands[0].reg == operands[1].reg:
        value = 0
    elif name in {"add", "inc"}:
        value = plus(left, right)
    elif name in {"sub", "dec"}:
        value = plus(left, -right & MASK) if isinstance(right, int) else None
        state.flags = Comparison(left, right, size)
    elif name == "and" and right == 0:
        value = 0
    elif name == "or" and isinstance(right, int) and ~right & ((1 << (8 * size)) - 1) == 0:
        value = right  # all ones, the shortest way to write -1
    elif name == "xor":
        value = mix(left, right)
    elif isinstance(left, int) and isinstance(right, int):
        value = {"and": left & right, "or": left | right}.get(name)
    _write(state, instruction, operands[0], value)
    if name not in {"sub", "dec"}:
        known = isinstance(value, int)
        state.flags = Comparison(value, 0, size) if known and name in _LOGIC else None


_LOGIC = frozenset({"and", "or", "xor"})


def _shift(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    value = _read(state, instruction, operands[0])
    count: Value = 1 if len(operands) < 2 else _read(state, instruction, operands[1])
    if isinstance(value, int) and isinstance(count, int):
        count &= 63 if operands[0].size == 8 else 31
        value = value >> count if instruction.mnemonic == "shr" else value << count
    else:
        value = None
    _write(state, instruction, operands[0], value)
    state.flags = None


def _rotate(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    value = _read(state, instruction, operands[0])
    count = _read(state, instruction, operands[1])
    bits = 8 * operands[0].size
    if isinstance(value, int) and isinstance(count, int):
        count = count % bits if instruction.mnemonic == "rol" else -count % bits
        value = (value << count | value >> (bits - count)) & ((1 << bits) - 1)
    else:
        value = None
    _write(state, instruction, operands[0], value)
    state.flags = None


def _compare_exchange(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    """`cmpxchg`, without other threads: the module is being imported."""
    old = _read(state, instruction, operands[0])
    size = operands[0].size
    expected = state.registers.get("rax")
    if isinstance(expected, int):
        expected &= (1 << (8 * size)) - 1
    state.flags = Comparison(expected, old, size)
    same = evaluate("eq", state.flags, state.nonnull)
    if same:
        _write(state, instruction, operands[0], _read(state, instruction, operands[1]))
        return
    if same is None:
        _write(state, instruction, operands[0], None)
    state.registers["rax"] = old if same is False and size >= 4 else None


def _xchg(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    left = _read(state, instruction, operands[0])
    right = _read(state, instruction, operands[1])
    _write(state, instruction, operands[0], right)
    _write(state, instruction, operands[1], left)


def _set(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    condition = _CONDITIONS.get(instruction.mnemonic.removeprefix("set"), "?")
    holds = evaluate(condition, state.flags, state.nonnull)
    _write(state, instruction, operands[0], None if holds is None else int(holds))


def _vector_name(name: str) -> str:
    # xmm3, ymm3 and zmm3 are one register; only its lowest 16 bytes are kept.
    return name[1:] if name[1:3] == "mm" else name


def _halves(state: State, instruction: CsInsn, operand: X86Op) -> tuple[Value, Value]:
    if operand.type == cs.X86_OP_MEM:
        address = _address(state, instruction, operand)
        if operand.size < 8:
            return state.memory.load(address, operand.size), 0
        low = state.memory.load(address, 8)
        return low, state.memory.load(plus(address, 8), 8) if operand.size >= 16 else 0
    name = instruction.reg_name(operand.reg)
    if name in _NAMES:
        return _read(state, instruction, operand), 0
    return state.vectors.get(_vector_name(name), (None, None))


def _vector(state: State, instruction: CsInsn, operands: list[X86Op]) -> None:
    name = instruction.mnemonic.removeprefix("v")
    into = operands[0]
    if into.type == cs.X86_OP_MEM:
        _vector_store(state, instruction, operands, name)
        return
    target = instruction.reg_name(into.reg)
    low, high = _halves(state, instruction, operands[-1])
    if target in _NAMES:
        _write(state, instruction, into, low)
        return
    key = _vector_name(target)
    old = _halves(state, instruction, operands[-2] if len(operands) > 2 else into)
    if name in _ZEROED_BY_ITSELF:
        same = operands[-1].type == cs.X86_OP_REG and operands[-1].reg == operands[-2].reg
        state.vectors[key] = (0, 0) if same else (None, None)
    elif name in _PAIRS or name in {"movhps", "movhpd"}:
        state.vectors[key] = (old[0], low)
    elif name in {"movlps", "movlpd"}:
        state.vectors[key] = (low, old[1])
    elif name in {"movsd", "movss"} and operands[-1].type == cs.X86_OP_REG:
        state.vectors[key] = (low if name == "movsd" else None, old[1])
    elif name in {"movd", "movss"}:
        state.vectors[key] = (low & 0xFFFFFFFF if isinstance(low, int) else None, 0)
    elif name in {"movq", "movsd"}:
        state.vectors[key] = (low, 0)
    else:
        state.vectors[key] = (low, high)


def _vector_store(state: State, instruction: CsInsn, operands: list[X86Op], name: str) -> None:
    address = _address(state, instruction, operands[0])
    size = operands[0].size
    low, high = _halves(state, instruction, operands[-1])
    if name in {"movhps", "movhpd"}:
        low = high
    state.memory.store(address, min(size, 8), low)
    if size >= 16:
        state.memory.store(plus(address, 8), 8, high)
    for offset in range(16, size, 8):
        state.memory.store(plus(address, offset), 8, None)


def _idle(_state: State, _instruction: CsInsn, _operands: list[X86Op]) -> None:
    """Nothing that matters here."""


_CODES = (*_CONDITIONS, "o", "no", "p", "np")
_Handler = Callable[[State, CsInsn, list[X86Op]], Flow | None]
_HANDLERS: Mapping[str, _Handler] = {
    **dict.fromkeys(_IDLE, _idle),
    **dict.fromkeys(("mov", "movabs", "movzx"), _mov),
    **dict.fromkeys(("movsx", "movsxd"), _movsx),
    **dict.fromkeys(("add", "sub", "and", "or", "xor", "inc", "dec"), _arithmetic),
    **dict.fromkeys(("shl", "sal", "shr"), _shift),
    **dict.fromkeys(("rol", "ror"), _rotate),
    **dict.fromkeys(("cmpxchg", "lock cmpxchg"), _compare_exchange),
    **dict.fromkeys((*_VECTOR_MOVES, *_PAIRS, *_ZEROED_BY_ITSELF), _vector),
    **{f"j{code}": _branch for code in (*_CODES, "rcxz", "ecxz")},
    **{f"cmov{code}": _conditional_move for code in _CODES},
    **{f"set{code}": _set for code in _CODES},
    "jmp": _jump,
    "call": _call,
    "ret": _ret,
    "lea": _lea,
    "push": _push,
    "pop": _pop,
    "leave": _leave,
    "cmp": _compare,
    "test": _test,
    "xchg": _xchg,
}
