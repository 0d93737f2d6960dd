"""Where the user's modules hold objects that all threads have in common.

A place has a key that is the same in every process, and in every copy of the modules:
`shop:CONFIG` for a global variable, `shop:task.rates` for what a function has closed over or
has as a default, `shop:Cart.open` for a class attribute.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

__all__ = ["Place", "places", "shareable", "used"]

_CODE = (type, FunctionType, BuiltinFunctionType, ModuleType, property, classmethod, staticmethod)


class Place:
    """Where an object is held.

    Attributes:
        key: See above.
        module: The name of the module.
        name: As the source has it.
        value: The object.
        put: Puts another there.
    """

    __slots__ = ("key", "module", "name", "put", "value")

    def __init__(
        self, key: str, module: str, name: str, value: object, put: Callable[[Any], None]
    ) -> None:
        self.key = key
        self.module = module
        self.name = name
        self.value = value
        self.put = put


def shareable(value: object) -> bool:
    """Can threads get in each other's way by using it?

    Not where it is never counted who uses it (PEP 683), nor with functions, classes and modules,
    whose counting a free-threaded build defers.
    """
    if isinstance(value, _CODE):
        return False
    immortal = getattr(sys, "_is_immortal", None)  # since 3.14
    return not immortal(value) if immortal else sys.getrefcount(value) < 2**29


def places(modules: Mapping[str, ModuleType]) -> Iterator[Place]:
    """All places of some modules."""
    for name, module in modules.items():
        for key, value in list(vars(module).items()):
            if key.startswith("__"):
                continue
            if not isinstance(value, _CODE):
                yield Place(f"{name}:{key}", name, key, value, _putter(vars(module), key))
            elif getattr(value, "__module__", None) == name:
                yield from _within(f"{name}:{key}", name, value)


def used(modules: Mapping[str, ModuleType]) -> set[str]:
    """All names that the functions of some modules use."""
    names: set[str] = set()
    for name, module in modules.items():
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) == name:
                for function in _functions(value):
                    names.update(_names(function.__code__))
    return names


def _within(key: str, module: str, value: object) -> Iterator[Place]:
    if isinstance(value, type):
        for name, held in list(vars(value).items()):
            if isinstance(held, _CODE):
                for function in _functions(held):
                    yield from _of_function(f"{key}.{name}", module, function)
            elif not name.startswith("__"):
                yield Place(f"{key}.{name}", module, name, held, _setter(value, name))
    elif isinstance(value, FunctionType):
        yield from _of_function(key, module, value)


def _of_function(key: str, module: str, function: FunctionType) -> Iterator[Place]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        value = _content(cell)
        if isinstance(value, FunctionType):
            if value is not function:  # a decorator's, rather than one that calls itself
                yield from _of_function(f"{key}.{name}", module, value)
        else:
            yield Place(f"{key}.{name}", module, name, value, _setter(cell, "cell_contents"))
    code = function.__code__
    defaults = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for at, (name, value) in enumerate(zip(names, defaults, strict=True)):
        yield Place(f"{key}.{name}", module, name, value, _defaulter(function, at))


def _functions(value: object) -> Iterator[FunctionType]:
    """The functions in what a module or a class holds."""
    if isinstance(value, FunctionType):
        yield value
        for cell in value.__closure__ or ():
            held = _content(cell)
            if isinstance(held, FunctionType) and held is not value:
                yield from _functions(held)
    elif isinstance(value, (classmethod, staticmethod)):
        yield from _functions(value.__func__)
    elif isinstance(value, property):
        for one in (value.fget, value.fset, value.fdel):
            yield from _functions(one)
    elif isinstance(value, type):
        for one in list(vars(value).values()):
            if not isinstance(one, type):
                yield from _functions(one)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # nothing is in it yet


def _names(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars, *code.co_varnames[: code.co_argcount])
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _putter(namespace: dict[str, Any], key: str) -> Callable[[Any], None]:
    def put(value: object) -> None:
        namespace[key] = value

    return put


def _setter(holder: object, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(holder, name, value)


def _defaulter(function: FunctionType, at: int) -> Callable[[Any], None]:
    def put(value: object) -> None:
        defaults = list(function.__defaults__ or ())
        defaults[at] = value
        function.__defaults__ = tuple(defaults)

    return put
