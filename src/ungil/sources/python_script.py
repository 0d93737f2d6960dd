"""The calls of a `setup.py`, with the values of their arguments."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable
from typing import Any

from ungil.findings import Location
from ungil.sources.model import UnreadableError
from ungil.sources.script import (
    LONGEST,
    UNKNOWN,
    BuildCall,
    both,
    chosen,
    joined,
    negated,
    truth,
)
from ungil.sources.tree import SourceFile

__all__ = ["calls_of"]

_MOST_STATEMENTS = 5_000

# The free-threaded build of CPython 3.14, as a script sees it (Doc/library/sys,
# Doc/library/sysconfig, Doc/library/platform).
_ATTRIBUTES: dict[str, object] = {
    "sys.version_info": (3, 14, 0, "final", 0),
    "sys.version_info.major": 3,
    "sys.version_info.minor": 14,
    "sys.hexversion": 0x030E00F0,
    "sys.abiflags": "t",
    "sys.implementation.name": "cpython",
}
_CALLS: dict[str, object] = {
    "_is_gil_enabled": False,
    "python_implementation": "CPython",
    "get_abi_tag": "cp314t",
}
_GIL_DISABLED = "Py_GIL_DISABLED"


def calls_of(file: SourceFile) -> list[BuildCall]:
    """Every call of a Python file, those of its functions included.

    Raises:
        UnreadableError: It cannot be read, is no Python, or is absurdly deep.
    """
    script = _Script(file.label)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as on "\\d": not ours to complain about
            module = ast.parse(file.text())
        script.run(module.body, {})
    except (SyntaxError, ValueError) as error:
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UnreadableError(f"it is no Python of this version: {what}") from None
    except (RecursionError, MemoryError):
        raise UnreadableError("it nests too deeply to be meant") from None
    return script.calls


class _Script:
    def __init__(self, label: str) -> None:
        self.label = label
        self.calls: list[BuildCall] = []
        self.names: dict[str, Any] = {}
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.statements = 0

    def run(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        self.names = names
        self.block(body)
        outer = self.names
        while self.functions:
            function = self.functions.pop()
            hidden = {
                a.arg: UNKNOWN
                for a in (
                    *function.args.args,
                    *function.args.kwonlyargs,
                    *function.args.posonlyargs,
                )
            }
            self.names = outer | hidden
            self.block(function.body)

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.statements += 1
            if self.statements > _MOST_STATEMENTS:
                raise UnreadableError("it is too long to be worked out")
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                result = self.value(value)
                for target in targets:
                    self.assign(target, result)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value))
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                added = self.value(value)
                old = self.names.get(name, UNKNOWN)
                self.names[name] = _merged(old, added) or joined(old, added)
            case ast.Expr(value=value) | ast.Return(value=ast.expr() as value):
                self.value(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions.append(node)
            case _:
                self.compound(node)

    def compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.branch(truth(self.value(test)), body, orelse)
            case ast.For(target=target, iter=iterable, body=body):
                self.value(iterable)
                self.assign(target, UNKNOWN)
                self.branch(None, body, [])
            case ast.While(body=body):
                self.branch(None, body, [])
            case ast.With(items=items, body=body):
                for item in items:
                    self.value(item.context_expr)
                self.block(body)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                self.block([*body, *orelse])
                for handler in handlers:
                    self.branch(None, handler.body, [])
                self.block(final)
            case ast.ClassDef(body=body):
                self.branch(None, body, [])

    def branch(self, known: bool | None, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        if known is not None:
            self.block(body if known else orelse)
            return
        before = dict(self.names)
        self.block(body)
        after, self.names = self.names, before
        self.block(orelse)
        self.names = both(after, self.names)

    def assign(self, target: ast.expr, value: object) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                old = self.names.get(name, UNKNOWN)
                where = self.value(key)
                if isinstance(old, dict) and isinstance(where, str):
                    self.names[name] = old | {where: value}
                elif isinstance(where, str):
                    self.record(f"{name}[]", [], {where: value}, target)
            case ast.Subscript(value=ast.Call(func=function), slice=key):
                where = self.value(key)
                if isinstance(where, str):
                    self.record(f"{_name(function)}[]", [], {where: value}, target)
            case ast.Attribute(attr=attribute):
                # `extension.cython_directives = …` says what an argument would.
                self.record(f".{attribute}", [value], {}, target)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.assign(element, UNKNOWN)

    def record(
        self, name: str, arguments: list[Any], keywords: dict[str, Any], node: ast.expr
    ) -> BuildCall:
        location = Location(self.label, node.lineno)
        call = BuildCall(name, tuple(arguments), keywords, location)
        self.calls.append(call)
        return call

    # -- values -----------------------------------------------------------------

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401 - whatever a script computes
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.names.get(name, UNKNOWN)
            case ast.Attribute():
                self.value(node.value)
                return _ATTRIBUTES.get(ast.unparse(node), UNKNOWN)
            case ast.Call():
                return self.call(node)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                values = [self.value(element) for element in elements]
                return tuple(values) if isinstance(node, ast.Tuple) else values
            case _:
                return self.operation(node)

    def operation(self, node: ast.expr) -> Any:  # noqa: ANN401 - likewise
        result: object
        match node:
            case ast.Dict():
                result = self.dictionary(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                result = negated(self.value(operand))
            case ast.BoolOp():
                result = self.either(node)
            case ast.Compare(left=left, ops=[how], comparators=[right]):
                result = _compared(how, self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                result = chosen(self.value(test), self.value(body), self.value(orelse))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                result = _merged(self.value(left), self.value(right)) or UNKNOWN
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                result = joined(self.value(left), self.value(right))
            case _:
                result = self.unfollowed(node)
        return result

    def unfollowed(self, node: ast.expr) -> Any:  # noqa: ANN401 - likewise
        """An expression of which only the calls inside matter, and subscripts."""
        if isinstance(node, ast.Subscript):
            base, key = self.value(node.value), self.value(node.slice)
            if isinstance(base, dict) and isinstance(key, str):
                return base.get(key, UNKNOWN)
            if key == _GIL_DISABLED:  # sysconfig.get_config_vars()[…]
                return 1
            text = ast.unparse(node)
            return {"sys.version_info[:2]": (3, 14), "sys.version_info[0]": 3}.get(text, UNKNOWN)
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            # One call stands for all that it makes.
            self.assign(node.generators[0].target, UNKNOWN)
            return [self.value(node.elt), UNKNOWN]
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return UNKNOWN

    def dictionary(self, node: ast.Dict) -> Any:  # noqa: ANN401 - likewise
        made: dict[Any, Any] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item)
            if key is None:
                made |= value if isinstance(value, dict) else {"**": UNKNOWN}
                continue
            name = self.value(key)
            if isinstance(name, str | int):
                made[name] = value
        return made

    def either(self, node: ast.BoolOp) -> Any:  # noqa: ANN401 - likewise
        decisive = isinstance(node.op, ast.Or)
        result: object = UNKNOWN
        doubt = False
        for operand in node.values:
            result = self.value(operand)
            known = truth(result)
            if known is decisive:
                return result
            doubt = doubt or known is None
        return UNKNOWN if doubt else result

    def call(self, node: ast.Call) -> Any:  # noqa: ANN401 - likewise
        arguments = [self.value(argument) for argument in node.args]
        keywords = {k.arg or "**": self.value(k.value) for k in node.keywords}
        spread = keywords.pop("**", None)
        if isinstance(spread, dict):
            keywords |= {str(name): value for name, value in spread.items()}
        elif spread is not None:
            keywords["**"] = UNKNOWN
        name = _name(node.func)
        if arguments[:1] == [_GIL_DISABLED] and name in {"get_config_var", "get"}:
            return 1
        if name in _CALLS:
            return _CALLS[name]
        if name == "bool" and len(arguments) == 1:
            return chosen(arguments[0], if_true=True, if_false=False)
        if name == "dict":
            start = arguments[0] if arguments else {}
            return start | keywords if isinstance(start, dict) else UNKNOWN
        self.change(node, name, arguments, keywords)
        return self.record(name, arguments, keywords, node)

    def change(
        self, node: ast.Call, name: str, arguments: list[Any], keywords: dict[str, Any]
    ) -> None:
        """What a method does to the list or dictionary it belongs to."""
        match node.func:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in self.names:
                old = self.names[owner]
                if name == "update" and isinstance(old, dict):
                    given = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
                    self.names[owner] = old | given | keywords
                elif name in {"append", "extend"} and isinstance(old, list) and arguments:
                    more = arguments[0] if name == "extend" else [arguments[0]]
                    self.names[owner] = joined(old, more)


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _compared(how: ast.cmpop, left: object, right: object) -> object:
    if not (_is_plain(left) and _is_plain(right)) or type(how) not in _COMPARISONS:
        return UNKNOWN
    try:
        return _COMPARISONS[type(how)](left, right)
    except TypeError:
        return UNKNOWN


def _is_plain(value: object) -> bool:
    """Can it be compared?"""
    if isinstance(value, tuple):
        return all(isinstance(v, str | int) for v in value)
    return isinstance(value, str | int | float | None)


def _merged(old: object, added: object) -> dict[Any, Any] | None:
    if isinstance(old, dict) and isinstance(added, dict) and len(old) + len(added) <= LONGEST:
        return old | added
    return None


def _name(function: ast.expr) -> str:
    """The last part of a dotted name."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
