"""The nodes that are put into a program's tree, and what its own nodes are."""

from __future__ import annotations

import ast
import copy
from typing import Final

from ungil.races.calls import PREFIX
from ungil.races.instrument.methods import FRESH
from ungil.races.trace import Mode

__all__ = [
    "MARK",
    "SUSPENDING",
    "Place",
    "Touched",
    "WatchedName",
    "bound_by",
    "call",
    "clears",
    "is_call_of",
    "is_container",
    "is_fresh",
    "is_made_here",
    "is_number",
    "is_scalar",
    "is_super",
    "is_used",
    "key_of",
    "marker",
    "mode_of",
    "number_of",
    "suspends",
    "twice",
]

MARK: Final = "ungil touch"
"""A call's constant is this and the number of a touch, until the code is loaded."""

Place = ast.expr | ast.stmt | ast.ExceptHandler


class Touched(ast.Call):
    """A call that tells, so that others can look through it (see `pytest_rewriting`)."""


class WatchedName(ast.IfExp):
    """A name that is told of before it is used: `None if variable(…) else name`."""


def marker(number: int) -> ast.Constant:
    """The constant that stands for a touch."""
    constant = ast.Constant(None)
    # The type stubs do not know that a constant may be a tuple of others.
    constant.value = (MARK, number)  # type: ignore[assignment]
    return constant


def number_of(node: Touched) -> int:
    """The number of the touch that a call tells of."""
    for arg in node.args:
        if isinstance(arg, ast.Constant) and isinstance(value := arg.value, tuple):
            return int(value[1])
    raise ValueError("a call that tells of nothing")


def is_call_of(node: Touched, function: str) -> bool:
    """Is it told by this function?"""
    return isinstance(node.func, ast.Name) and node.func.id == f"{PREFIX}{function}__"


def is_used(node: Touched) -> bool:
    """Does it tell of what is given behind its first argument?"""
    return is_call_of(node, "used")


def key_of(node: Touched) -> ast.expr | None:
    """The key of the item that a call tells of, where it stands in a subscript or a call."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    at = {f"{PREFIX}item__": 1, f"{PREFIX}key__": 0}.get(name)
    return None if at is None else node.args[at]


def call(function: str, place: Place, *args: ast.expr) -> Touched:
    """A call that tells, at the place of a node that it becomes a part of."""
    called = ast.Name(f"{PREFIX}{function}__", ast.Load())
    new = Touched(called, list(args), [])
    for part in (new, called, *args):
        if not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return new


def twice(node: ast.expr) -> ast.expr:
    """A simple expression once more."""
    return copy.copy(node)


def mode_of(context: ast.expr_context) -> Mode:
    """What an expression in it does."""
    return Mode.READ if isinstance(context, ast.Load) else Mode.WRITE


def bound_by(target: ast.expr) -> list[str]:
    """The names that a target binds, or deletes."""
    return [
        part.id
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    ]


def is_super(node: ast.expr) -> bool:
    """Is it a `super()`, whose object is made for this one access?"""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


_DISPLAYS = (
    ast.Constant
    | ast.JoinedStr
    | ast.List
    | ast.Tuple
    | ast.Set
    | ast.Dict
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
    | ast.Lambda
)


def is_made_here(node: ast.expr) -> bool:
    """Is its object a constant, or one that nobody else has?

    To leave these alone also keeps the compiler's warnings (`[1, 2]['a']`) and its short
    cuts (`x in {1, 2}`).
    """
    return isinstance(node, _DISPLAYS)


def is_fresh(node: ast.expr) -> bool:
    """Likewise, if the names of the builtins mean the builtins."""
    return is_made_here(node) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FRESH
    )


_CONTAINERS_MADE = (
    ast.List | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)


def is_container(node: ast.expr) -> bool:
    """Is it one that is made here, or a generator?"""
    return isinstance(node, _CONTAINERS_MADE) or (not is_made_here(node) and is_fresh(node))


def is_scalar(node: ast.expr) -> bool:
    """Is it surely a number or a text, which no container is changed by?"""
    if isinstance(node, ast.BinOp):
        return is_scalar(node.left) or is_scalar(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"len", "int", "str", "float", "abs", "round", "ord", "sum", "repr"}
    return is_number(node) or isinstance(node, ast.Constant | ast.JoinedStr | ast.Compare)


def is_number(node: ast.expr) -> bool:
    """Is it a number with a minus?"""
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and isinstance(node.operand.value, int | float | complex)
    )


SUSPENDING = ast.Await | ast.Yield | ast.YieldFrom
"""What may end in another thread, or after others have run in this one."""


def suspends(node: ast.expr) -> bool:
    """May it?"""
    return any(isinstance(part, SUSPENDING) for part in ast.walk(node))


def clears(value: ast.expr) -> bool:
    """Is it what stands for nothing?"""
    if isinstance(value, ast.Constant):
        return not value.value
    if isinstance(value, ast.List | ast.Tuple):
        return not value.elts
    return isinstance(value, ast.Dict) and not value.keys
