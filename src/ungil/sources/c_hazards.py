"""What C code may do under the GIL and must not do without it.

The list, and what is safe all the same, is that of CPython's
Doc/howto/free-threading-extensions.rst (3.15): borrowed references out of
containers that other threads may change, `PyDict_Next` and the macros of
`PySequence_Fast` without a lock. Nothing here proves a race: whether a
container is shared is known to its author only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ungil import rules
from ungil.findings import Evidence, Finding, Location, Rule
from ungil.sources.c_locks import Locks
from ungil.sources.c_source import Call, CSource, Function
from ungil.sources.syntax import child, text, walk

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["hazards_in"]

# The howto's table of borrowed reference APIs and their replacements.
_BORROWING = {
    "PyList_GetItem": "PyList_GetItemRef",
    "PyList_GET_ITEM": "PyList_GetItemRef",
    "PyDict_GetItem": "PyDict_GetItemRef",
    "PyDict_GetItemWithError": "PyDict_GetItemRef",
    "PyDict_GetItemString": "PyDict_GetItemStringRef",
    "PyDict_SetDefault": "PyDict_SetDefaultRef",
    "PyCell_GET": "PyCell_Get",
}
_WEAK = {"PyWeakref_GetObject", "PyWeakref_GET_OBJECT"}
_FAST = {"PySequence_Fast_GET_ITEM", "PySequence_Fast_ITEMS", "PySequence_Fast_GET_SIZE"}

# What returns a container that nobody else has seen.
_FRESH = frozenset(
    {
        "PyDict_New",
        "PyDict_Copy",
        "PyDict_Keys",
        "PyDict_Values",
        "PyDict_Items",
        "PyList_New",
        "PyList_GetSlice",
        "PyMapping_Keys",
        "PyMapping_Values",
        "PyMapping_Items",
        "PyObject_Dir",
        "PySequence_List",
        "PySequence_Tuple",
        "PyList_AsTuple",
        "PyTuple_New",
        "PyTuple_Pack",
        "Py_BuildValue",
    }
)
# What lets others see one of its later arguments.
_PUBLISHING = frozenset(
    {
        "PyModule_AddObject",
        "PyModule_AddObjectRef",
        "PyModule_Add",
        "PyDict_SetItem",
        "PyDict_SetItemString",
        "PyObject_SetAttr",
        "PyObject_SetAttrString",
        "PyObject_SetItem",
        "PyList_Append",
        "PyList_SetItem",
        "PyList_SET_ITEM",
        "PyTuple_SET_ITEM",
        "PyTuple_SetItem",
        "PyObject_CallOneArg",
        "PyObject_CallFunction",
        "PyObject_CallFunctionObjArgs",
        "PyObject_CallMethod",
        "PyObject_Call",
    }
)
_KEYWORD_NAMES = frozenset({"kwargs", "kwds", "kwd", "kw", "keywds", "keywords"})


@dataclass(frozen=True, slots=True)
class _Hazard:
    rule: Rule
    api: str
    line: int


@dataclass(slots=True)
class _Scope:
    """What one function knows of its containers."""

    source: CSource
    function: Function
    locks: Locks
    fresh: dict[str, list[str]] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)


def hazards_in(source: CSource, once: set[str]) -> Iterator[Finding]:
    """One finding for each function and kind of hazard, at the first line of it.

    Args:
        source: Hand-written.
        once: The functions that run only when a module is created or destroyed.
    """
    for name, function in source.functions.items():
        if name in once or name.startswith("PYBIND11_"):
            continue
        found = list(_in_function(source, function))
        for rule in dict.fromkeys(hazard.rule for hazard in found):
            of_rule = [hazard for hazard in found if hazard.rule is rule]
            yield _finding(source, name, of_rule)


def _finding(source: CSource, function: str, hazards: list[_Hazard]) -> Finding:
    first = hazards[0]
    apis = ", ".join(dict.fromkeys(hazard.api for hazard in hazards))
    more = sorted({hazard.line for hazard in hazards} - {first.line})
    where = f" (and in {_lines(more)})" if more else ""
    message, remedy = _WORDS[first.rule.code]
    replacements = dict.fromkeys(_BORROWING.get(h.api, "") for h in hazards)
    return Finding(
        first.rule,
        function,
        f"{apis} {message}{where}.",
        remedy.format(replacements=", ".join(r for r in replacements if r)),
        Location(source.file.label, first.line),
        Evidence.DECLARATION,
    )


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    rest = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"line {shown}" if len(numbers) == 1 else f"lines {shown}{rest}"


_WORDS = {
    rules.BORROWED_REFERENCE.code: (
        "borrows a reference out of a container that another thread may change",
        "Take a strong reference: {replacements}.",
    ),
    rules.UNLOCKED_DICT_ITERATION.code: (
        "iterates over a dictionary without locking it",
        "Iterate between Py_BEGIN_CRITICAL_SECTION(dict) and its end, or over a copy.",
    ),
    rules.UNLOCKED_FAST_SEQUENCE.code: (
        "reads a list that another thread may change without locking it",
        "Use PySequence_Tuple(), or hold the critical section of the sequence.",
    ),
    rules.BORROWED_WEAKREF.code: (
        "borrows an object that nothing keeps alive",
        "Use PyWeakref_GetRef().",
    ),
    rules.IMPORT_ADD_MODULE.code: (
        "borrows a module from sys.modules",
        "Use PyImport_AddModuleRef().",
    ),
}


def _in_function(source: CSource, function: Function) -> Iterator[_Hazard]:
    if not any(_rule_of(call) for call in function.calls):
        return
    scope = _Scope(source, function, Locks.of(function))
    _follow_containers(scope)
    for call in function.calls:
        rule = _rule_of(call)
        if rule is None or call.name == function.name:
            continue
        if rule in {rules.BORROWED_WEAKREF, rules.IMPORT_ADD_MODULE} or not _is_safe(scope, call):
            yield _Hazard(rule, call.name, call.line)


def _rule_of(call: Call) -> Rule | None:
    if call.name in _BORROWING:
        return rules.BORROWED_REFERENCE
    if call.name == "PyDict_Next":
        return rules.UNLOCKED_DICT_ITERATION
    if call.name in _FAST:
        return rules.UNLOCKED_FAST_SEQUENCE
    if call.name in _WEAK:
        return rules.BORROWED_WEAKREF
    return rules.IMPORT_ADD_MODULE if call.name == "PyImport_AddModule" else None


def _is_safe(scope: _Scope, call: Call) -> bool:
    """Is the container locked, or out of the reach of other threads?"""
    container = _plain(call.argument(0))
    if scope.locks.hold(container, call.node.start_byte):
        return True
    if _is_keywords(scope, container):
        return True
    makers = scope.fresh.get(container)
    if not makers or any(maker not in _FRESH for maker in makers):
        return False
    return call.node.start_byte < scope.published.get(container, call.node.end_byte)


def _plain(expression: str) -> str:
    """Without casts and parentheses around the whole."""
    expression = expression.strip()
    while expression.startswith("(") and ")" in expression:
        inner, _, rest = expression[1:].partition(")")
        expression = (rest or inner).strip()
    return expression


def _is_keywords(scope: _Scope, container: str) -> bool:
    """The keyword arguments of a call: a dictionary made for it, and nobody else's."""
    parameters = [name for _, name in scope.function.parameters]
    if container not in parameters:
        return False
    third = len(parameters) == 3 and parameters[2] == container
    return container in _KEYWORD_NAMES or (third and "kw" in container.lower())


def _follow_containers(scope: _Scope) -> None:
    """What each local variable is made by, and where others first see it."""
    own = _declared_in(scope.function)
    for node in walk(scope.function.node):
        if node.type == "init_declarator":
            _made(scope, own, text(child(node, "declarator")), child(node, "value"))
        elif node.type == "assignment_expression":
            target, value = text(child(node, "left")), child(node, "right")
            _made(scope, own, target, value)
            if target not in own and value is not None:
                scope.published.setdefault(_plain(text(value)), node.start_byte)
    for call in scope.function.calls:
        if call.name in _PUBLISHING:
            for argument in call.arguments[1:]:
                scope.published.setdefault(_plain(text(argument)), call.node.start_byte)


def _made(scope: _Scope, own: set[str], target: str, value: Node | None) -> None:
    if value is None:
        return
    while value.type in {"cast_expression", "parenthesized_expression"}:
        value = value.named_children[-1]
    name = target.lstrip("* ")
    if name in own and text(value) not in {"NULL", "nullptr", "0"}:
        maker = text(child(value, "function")) if value.type == "call_expression" else ""
        scope.fresh.setdefault(name, []).append(maker)


def _declared_in(function: Function) -> set[str]:
    """The names of a function's own automatic variables."""
    names: set[str] = set()
    for node in walk(function.node):
        if node.type == "declaration" and not any(
            n.type == "storage_class_specifier" for n in node.children
        ):
            names.update(text(n) for n in walk(node) if n.type == "identifier")
    return names
