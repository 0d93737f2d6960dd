"""What is left of a C source once its conditions are settled for a free-threaded build.

The conditions of the preprocessor are evaluated as on CPython 3.14t, and the
lines that a compiler would not see are emptied, so that a syntax tree can be
made of the rest and line numbers stay true. Parsing the source as it stands
was rejected: a condition in the middle of an initialiser, which is where
`Py_mod_gil` lives, has no place in a syntax tree of C.

Macros that neither Python nor the file defines come from a compiler's command
line or from another header. A condition on them is not known; its first branch
is kept, and the lines of it are remembered as depending on that condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ungil.sources.syntax import child, parse, text

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Doubt", "Preprocessed", "preprocess"]

# Include/patchlevel.h, Include/pyport.h. None: defined, and no number.
_OF_PYTHON: dict[str, str] = {
    "PY_VERSION_HEX": "0x030E00F0",
    "PY_MAJOR_VERSION": "3",
    "PY_MINOR_VERSION": "14",
    "PY_MICRO_VERSION": "0",
    "Py_GIL_DISABLED": "1",
    "Py_PYTHON_H": "",
    "Py_mod_gil": "",
    "Py_mod_exec": "",
    "Py_mod_multiple_interpreters": "",
    "Py_MOD_GIL_NOT_USED": "",
    "Py_MOD_GIL_USED": "",
    "Py_BEGIN_CRITICAL_SECTION": "",
}
# Other interpreters; the limited API, which 3.14t does not have; and what Cython and SWIG
# leave to a compiler's command line.
_NOT_DEFINED = frozenset(
    {
        "PYPY_VERSION",
        "PYPY_VERSION_NUM",
        "GRAALVM_PYTHON",
        "Py_LIMITED_API",
        "CYTHON_LIMITED_API",
        "CYTHON_FREETHREADING_COMPATIBLE",
        "SWIGPYTHON_NOGIL",
    }
)

# Comments are emptied; strings are matched only so that none begins inside one.
_TOKEN = re.compile(
    rb"//[^\n]*|/\*.*?(?:\*/|\Z)"
    rb'|R"([^()\\\s"]{0,16})\(.*?(?:\)\1"|\Z)'
    rb"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
    re.DOTALL,
)
_DIRECTIVE = re.compile(rb"\s*#\s*([a-z]+)\b\s*(.*)", re.DOTALL)
_MACRO = re.compile(r"([A-Za-z_]\w*)(?:(\()|\s+(.*)|$)", re.DOTALL)
_DEEPEST = 64
_MOST_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Doubt:
    """Lines that are kept although their condition is not known.

    Attributes:
        first: Line.
        last: Line.
        condition: As written.
        has_other: Was another branch left out?
    """

    first: int
    last: int
    condition: str
    has_other: bool


@dataclass(slots=True)
class Preprocessed:
    """A source after its conditions.

    Attributes:
        source: Line for line what a compiler would see, without comments.
        macros: What the file defines without parameters.
        doubtful: What is kept under conditions that are not known.
        doubted: The macros that are defined under such a condition, or have
            parameters.
    """

    source: bytes
    macros: dict[str, str] = field(default_factory=dict)
    doubtful: list[Doubt] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)

    def conditions(self, line: int) -> frozenset[Doubt]:
        """The unknown conditions on which a line depends."""
        return frozenset(d for d in self.doubtful if d.first <= line <= d.last)

    def resolve(self, name: str) -> str:
        """What an identifier stands for, through the macros that are surely defined."""
        seen: set[str] = set()
        while name in self.macros and name not in seen | self.doubted:
            seen.add(name)
            name = self.macros[name].strip().strip("()").strip()
        return name


@dataclass(slots=True)
class _Frame:
    """One `#if`: is this branch kept, was one already, and what is not known of it?"""

    kept: bool
    settled: bool
    doubt: str
    start: int
    doubts_around: int


def preprocess(source: bytes, *, cplusplus: bool) -> Preprocessed:
    """Settle the conditions of a C or C++ source."""
    return _Preprocessor(cplusplus=cplusplus).run(source)


class _Preprocessor:
    def __init__(self, *, cplusplus: bool) -> None:
        self.result = Preprocessed(b"")
        self.frames: list[_Frame] = []
        self.steps = 0
        self.undefined = _NOT_DEFINED | (frozenset() if cplusplus else {"__cplusplus"})
        self.python = _OF_PYTHON | ({"__cplusplus": "201703"} if cplusplus else {})

    def run(self, source: bytes) -> Preprocessed:
        lines = _TOKEN.sub(_without_comment, source).split(b"\n")
        kept: list[bytes] = []
        while len(kept) < len(lines):
            number = len(kept) + 1
            line = lines[number - 1]
            if line.lstrip().startswith(b"#"):
                logical, count = _logical_line(lines, number - 1)
                self.directive(logical, number)
                kept.extend([b""] * count)
            else:
                kept.append(line if self.is_kept() else b"")
        while self.frames:
            self.close(len(lines))
        self.result.source = b"\n".join(kept)
        return self.result

    def is_kept(self) -> bool:
        return not self.frames or self.frames[-1].kept

    def directive(self, line: bytes, number: int) -> None:
        match = _DIRECTIVE.match(line)
        if match is None:
            return
        word, rest = match[1].decode("ascii"), match[2].decode("utf-8", "replace").strip()
        handlers: dict[str, Callable[[str, int], None]] = {
            "if": self.open,
            "ifdef": lambda name, at: self.open(f"defined({name})", at),
            "ifndef": lambda name, at: self.open(f"!defined({name})", at),
            "elif": self.otherwise,
            "else": lambda _, at: self.otherwise("1", at),
            "endif": lambda _, at: self.close(at),
            "define": self.define,
            "undef": lambda name, _: self.undefine(name),
        }
        if word in handlers:
            handlers[word](rest, number)

    def open(self, condition: str, at: int) -> None:
        if not self.is_kept():
            self.frames.append(_Frame(False, True, "", at, 0))
            return
        around = self.frames[-1].doubts_around + bool(self.frames[-1].doubt) if self.frames else 0
        self.frames.append(_Frame(False, False, "", at, around))
        self.choose(condition, at)

    def choose(self, condition: str, at: int) -> None:
        frame = self.frames[-1]
        self.steps = 0
        value = self.value(condition)
        frame.kept = value != 0
        frame.settled = frame.kept
        frame.start = at
        frame.doubt = condition if value is None else ""

    def otherwise(self, condition: str, at: int) -> None:
        if not self.frames:
            return
        self.note_doubt(at, has_other=True)
        if self.frames[-1].settled:
            self.frames[-1].kept = False
            self.frames[-1].doubt = ""
        else:
            self.choose(condition, at)

    def close(self, at: int) -> None:
        if self.frames:
            self.note_doubt(at, has_other=False)
            self.frames.pop()

    def note_doubt(self, at: int, *, has_other: bool) -> None:
        frame = self.frames[-1]
        if frame.kept and frame.doubt:
            doubt = Doubt(frame.start, at, frame.doubt, has_other)
            self.result.doubtful.append(doubt)

    def define(self, rest: str, _: int) -> None:
        match = _MACRO.match(rest)
        if match is None or not self.is_kept():
            return
        if match[2] is None:
            self.result.macros[match[1]] = (match[3] or "").strip()
        # A guard against reading a header twice says nothing about what it guards.
        guard = f"!defined({match[1]})"
        frame = self.frames[-1] if self.frames else None
        doubt = frame is not None and (frame.doubts_around or frame.doubt not in {"", guard})
        if doubt or match[2]:
            self.result.doubted.add(match[1])
        else:
            self.result.doubted.discard(match[1])

    def undefine(self, name: str) -> None:
        if self.is_kept():
            self.result.macros.pop(name, None)

    def value(self, condition: str, depth: int = 0) -> int | None:
        """A condition as a number, None if it is not known."""
        root = parse("c", f"#if {condition}\n#endif\n".encode())
        top = root.children[0] if root.children else None
        node = child(top, "condition")
        return None if node is None or root.has_error else self.evaluate(node, depth)

    def evaluate(self, node: Node, depth: int) -> int | None:
        self.steps += 1
        if depth > _DEEPEST or self.steps > _MOST_STEPS:
            return None
        below = [self.evaluate(n, depth + 1) for n in node.children]
        value: int | None = None
        match node.type:
            case "parenthesized_expression":
                value = below[1]
            case "preproc_defined":
                value = self.defined(text(node.named_children[0]))
            case "unary_expression":
                value = _unary(text(node.children[0]), below[-1])
            case "binary_expression":
                value = _binary(text(node.children[1]), below[0], below[2])
            case "number_literal" | "identifier":
                value = self.expand(text(node), depth)
        return value

    def defined(self, name: str) -> int | None:
        if name in self.result.doubted:
            return None
        if name in self.python or name in self.result.macros:
            return 1
        return 0 if name in self.undefined else None

    def expand(self, name: str, depth: int) -> int | None:
        if name[0].isdigit():
            return _number(name)
        if name in self.python:
            return _number(self.python[name])
        if name in self.result.macros and name not in self.result.doubted:
            return self.value(self.result.macros[name], depth + 8)
        return 0 if name in self.undefined else None


def _without_comment(match: re.Match[bytes]) -> bytes:
    token = match[0]
    if not token.startswith((b"//", b"/*")):
        return token
    return b" " + b"\n" * token.count(b"\n")


def _logical_line(lines: list[bytes], start: int) -> tuple[bytes, int]:
    """The line with what continues it, and how many lines that are."""
    end = start
    while lines[end].rstrip(b"\r ").endswith(b"\\") and end + 1 < len(lines):
        end += 1
    parts = (line.rstrip(b"\r ").removesuffix(b"\\") for line in lines[start : end + 1])
    return b" ".join(parts), end - start + 1


def _number(literal: str) -> int | None:
    digits = literal.rstrip("uUlL").replace("'", "")
    try:
        octal = len(digits) > 1 and digits.isdigit() and digits.startswith("0")
        return int(digits[:40], 8 if octal else 0)
    except ValueError:
        return None


def _unary(operator: str, value: int | None) -> int | None:
    if value is None:
        return None
    return {"!": int(not value), "-": -value, "+": value, "~": ~value}.get(operator)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "<<": lambda a, b: (a << min(max(b, 0), 64)) & (2**64 - 1),
    ">>": lambda a, b: a >> min(max(b, 0), 64),
}


def _binary(operator: str, left: int | None, right: int | None) -> int | None:
    if operator == "&&":
        if left == 0 or right == 0:
            return 0
        return None if left is None or right is None else 1
    if operator == "||":
        if left or right:
            return 1
        return None if left is None or right is None else 0
    if left is None or right is None or operator not in _ARITHMETIC:
        return None
    return _ARITHMETIC[operator](left, right)
