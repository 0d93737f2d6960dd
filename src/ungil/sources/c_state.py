"""Variables of a C source that outlive a call and change.

Under the GIL a static variable was as safe as a Python object. Without it, two
threads that write one at the same time are a data race
(Doc/howto/free-threading-extensions.rst, "Protecting Internal Extension
State"). Left out is what is written only while the module is created or
destroyed, what is atomic or local to a thread, and what is written under a
lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ungil import rules
from ungil.findings import Evidence, Finding, Location
from ungil.sources.c_locks import Locks
from ungil.sources.c_source import CSource, Function
from ungil.sources.syntax import child, line, text, walk

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["state_in"]

# Kinds of variable that are made to be shared, or are not shared.
_SHAREABLE = (
    "atomic",
    "_Atomic",
    "thread_local",
    "_Thread_local",
    "__thread",
    "Mutex",
    "mutex",
    "once_flag",
    "PyThread_type_lock",
    "Py_tss_t",
    "_PyOnceFlag",
    "constexpr",
)
# CPython's macros that write what they are given.
_WRITING = frozenset(
    {"Py_CLEAR", "Py_SETREF", "Py_XSETREF", "Py_DECREF_AND_CLEAR", "PyArg_ParseTuple"}
)


@dataclass(frozen=True, slots=True)
class _Write:
    function: str
    line: int


def state_in(source: CSource, once: set[str]) -> Iterator[Finding]:
    """One finding for each such variable, where it is first written.

    Args:
        source: Hand-written.
        once: The functions that run only when a module is created or destroyed.
    """
    statics = dict(_variables(source))
    if not statics:
        return
    writes: dict[int, list[_Write]] = {}
    for name, function in source.functions.items():
        if name not in once:
            _collect_writes(source, function, statics, writes)
    for declaration, found in sorted(writes.items()):
        name = next(n for n, where in statics.items() if where.start_byte == declaration)
        yield _finding(source, name, statics[name], found)


def _finding(source: CSource, name: str, declared: Node, writes: list[_Write]) -> Finding:
    functions = list(dict.fromkeys(write.function for write in writes))
    shown = ", ".join(functions[:3]) + (" and others" if len(functions) > 3 else "")
    return Finding(
        rules.MUTABLE_STATIC_STATE,
        name,
        f"{name}, declared in line {line(declared)}, outlives the call and is written in {shown} "
        "without a lock.",
        "Move it into the module state or make it thread-local; or protect it with a PyMutex, or "
        "make it atomic.",
        Location(source.file.label, writes[0].line),
        Evidence.DECLARATION,
    )


def _variables(source: CSource) -> Iterator[tuple[str, Node]]:
    """The variables with static storage that may change."""
    for node in walk(source.root):
        if node.type != "declaration" or not _is_static(source, node):
            continue
        for declarator in node.children_by_field_name("declarator"):
            name = _declared(declarator)
            if name is not None and not _is_constant(node, declarator):
                yield name, node


def _is_static(source: CSource, declaration: Node) -> bool:
    words = {text(n) for n in declaration.children if n.type == "storage_class_specifier"}
    if "extern" in words:
        return False
    return "static" in words or not source.is_in_function(declaration)


def _is_constant(declaration: Node, declarator: Node) -> bool:
    """A constant, or of a kind that threads may share; a pointer to constants may change."""
    head = text(declaration)[: max(0, declarator.start_byte - declaration.start_byte)]
    if any(word in head for word in _SHAREABLE):
        return True
    pointer = "*" in text(declarator).partition("=")[0]
    return "const" in head.split() and not pointer


def _declared(declarator: Node | None) -> str | None:
    """The variable's name; None for a function."""
    while declarator is not None and declarator.type != "identifier":
        if declarator.type == "function_declarator" and not _is_pointer_to_function(declarator):
            return None
        declarator = child(declarator, "declarator") or next(
            (n for n in declarator.named_children if n.type.endswith("declarator")), None
        )
    return None if declarator is None else text(declarator)


def _is_pointer_to_function(declarator: Node) -> bool:
    inner = child(declarator, "declarator")
    return inner is not None and inner.type == "parenthesized_declarator"


def _collect_writes(
    source: CSource, function: Function, statics: dict[str, Node], writes: dict[int, list[_Write]]
) -> None:
    hidden = _hidden(source, function, statics)
    locks: Locks | None = None
    for name, node in _written(function):
        declared = statics.get(name)
        if declared is None or (name in hidden and not _is_within(declared, function)):
            continue
        # A static of another function is out of sight here.
        if source.is_in_function(declared) and not _is_within(declared, function):
            continue
        locks = locks or Locks.of(function)
        if not locks.any_at(node.start_byte):
            write = _Write(function.name, line(node))
            writes.setdefault(declared.start_byte, []).append(write)


def _is_within(node: Node, function: Function) -> bool:
    return bool(function.node.start_byte <= node.start_byte < function.node.end_byte)


def _hidden(source: CSource, function: Function, statics: dict[str, Node]) -> set[str]:
    """The statics whose names mean something else in this function."""
    names = {name for _, name in function.parameters}
    for node in walk(function.node):
        if node.type == "declaration" and not _is_static(source, node):
            for declarator in node.children_by_field_name("declarator"):
                names.add(_declared(declarator) or "")
    return names & statics.keys()


def _written(function: Function) -> Iterator[tuple[str, Node]]:
    for node in walk(function.node):
        if node.type == "assignment_expression":
            yield _root(child(node, "left")), node
        elif node.type == "update_expression":
            yield _root(child(node, "argument")), node
    for call in function.calls:
        if call.name in _WRITING:
            for argument in call.arguments:
                yield _root(argument), call.node


def _root(target: Node | None) -> str:
    """The variable that an assignment changes: `x` of `x[i].y`, nothing of `x->y`."""
    while target is not None and target.type != "identifier":
        if target.type == "field_expression" and text(child(target, "operator")) == "->":
            return ""
        if target.type == "pointer_expression" and text(target).startswith("*"):
            return ""
        target = child(target, "argument") or (
            target.named_children[0] if target.type == "parenthesized_expression" else None
        )
    return text(target)
