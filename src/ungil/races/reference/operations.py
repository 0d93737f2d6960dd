"""What an operation on an object accesses: attributes, and items of containers.

Code of the program is never run to find out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, NamedTuple, cast

from ungil.races.detect import EVERY_ITEM
from ungil.races.effects import Effect
from ungil.races.trace import Mode

__all__ = [
    "CELL",
    "ITERATOR",
    "STRUCTURE",
    "Alias",
    "Kind",
    "Language",
    "Part",
    "Place",
    "is_plain",
    "kind_of",
    "looked_through",
    "name_part",
    "parts_of",
    "plain_part",
    "value_of_attribute",
    "value_of_item",
]

STRUCTURE, ITERATOR, CELL = "length", "next", "value"
"""Parts that are no attribute, variable or item."""


class Kind:
    """Of parts, by the numbers that `watching` reads."""

    ATTRIBUTE, ITEM, STRUCTURE, VARIABLE, ITERATOR = range(5)


class Part(NamedTuple):
    """One part of an object that an operation accesses."""

    part: str
    kind: int
    mode: Mode
    iterates: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attribute is.

    Attributes:
        owner: The object, class or namespace that has it.
        shown: What to call the owner by.
        kind: Of the part.
        mode: What is done to it.
        if_set: It is one only if it was set on this object, which hides that of its class.
        every: It is all attributes at once.
    """

    owner: object
    shown: object
    kind: int
    mode: Mode
    if_set: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """A namespace whose items are its owner's attributes."""

    owner: object
    namespace: dict[str, object]


class Language(NamedTuple):
    """The types of the language that have rules of their own; see `Core.start`."""

    effects: dict[object, int]
    iterators: tuple[type, ...]
    local: type
    cached_property: type
    filling: type

    def effect_of(self, thing: object, name: str, *, direct: bool = False) -> int:
        """What a method of an object's type does; 0 if it is no container's own.

        If `direct`, the method is that of the nearest built-in type among its bases.
        """
        kind: type | None = type(thing)
        while kind is not None:
            found = _looked_up(kind, name)
            effect = self.effects.get(found, 0) if type(found) in _EFFECTIVE else 0
            if effect or not direct:
                return effect
            kind = _base(kind)
        return 0

    def place_of(
        self, thing: object, name: str, mode: Mode, *, direct: bool = False
    ) -> Place | Alias | None:
        """Where an attribute of an object is; None if nowhere that threads share.

        If `direct`, it is set past what its class says.
        """
        if issubclass(type(thing), ModuleType):
            namespace = ModuleType.__getattribute__(thing, "__dict__")
            return Place(namespace, thing, Kind.VARIABLE, mode)
        if issubclass(type(thing), type):
            if name == "__dict__" and mode is Mode.READ:
                return _namespace_of_class(cast("type", thing))
            return _of_class(cast("type", thing), name, mode)
        return self._of_instance(thing, name, mode, direct)

    def _of_instance(
        self, thing: object, name: str, mode: Mode, direct: bool
    ) -> Place | Alias | None:
        kind = type(thing)
        if not (_is_heap(kind) or _namespace_at(kind)) or issubclass(kind, self.local):
            return None
        here = Place(thing, thing, Kind.ATTRIBUTE, mode)
        found = _looked_up(kind, name)
        how = type(found)
        if how is GetSetDescriptorType:
            return _whole_namespace(here) if name == "__dict__" else None
        if how is MemberDescriptorType:  # a slot
            return here
        if _has(how, "__set__") or _has(how, "__delete__"):
            return None  # a property: what it does, its own code tells
        if mode is not Mode.READ:
            return here if direct or not _sets_itself(kind) else None
        return here if found is _MISSING else self._read(here, name, found)

    def _read(self, here: Place, name: str, found: object) -> Place:
        """Where an attribute is read that the class has, too."""
        kind, how = type(here.owner), type(found)
        if how in _FUNCTIONS:
            return replace(here, if_set=True)
        own = name in (_namespace(here.owner) or ())
        if issubclass(how, self.cached_property):
            return here if own else replace(here, mode=Mode.UPDATE)
        if own or _has(how, "__get__"):
            return here
        owner = _defining(kind, name, found)
        return Place(owner, owner, Kind.ATTRIBUTE, here.mode)


def _whole_namespace(place: Place) -> Place | Alias | None:
    if place.mode is not Mode.READ:
        return replace(place, every=True)
    namespace = _namespace(place.owner)
    return None if namespace is None else Alias(place.owner, namespace)


def _namespace_of_class(thing: type) -> Alias | None:
    namespace = cast("dict[str, object]", looked_through(_variables(thing)))
    return Alias(thing, namespace) if _is_heap(thing) else None


def looked_through(thing: object) -> object:
    """What a look at a mapping looks at: the `__dict__` of a class is made anew each time."""
    return gc.get_referents(thing)[0] if type(thing) is MappingProxyType else thing


def _of_class(thing: type, name: str, mode: Mode) -> Place | None:
    owner = thing
    if mode is Mode.READ:
        found = _looked_up(thing, name)
        if found is _MISSING:
            if _has(type(thing), name):
                return None  # of its metaclass
        elif type(found) in _FUNCTIONS:
            return None
        else:
            owner = _defining(thing, name, found)
    return Place(owner, owner, Kind.ATTRIBUTE, mode) if _is_heap(owner) else None


_EFFECTIVE = (MethodDescriptorType, WrapperDescriptorType, FunctionType)

_FUNCTIONS = (
    FunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
    ClassMethodDescriptorType,
    BuiltinFunctionType,
    classmethod,
    staticmethod,
)

_HEAP, _OF_C = 1 << 9, 1 << 8
_MISSING = object()

_flags: Callable[[type], int] = vars(type)["__flags__"].__get__
_base: Callable[[type], type | None] = vars(type)["__base__"].__get__
_order: Callable[[type], tuple[type, ...]] = vars(type)["__mro__"].__get__
_namespace_at: Callable[[type], int] = vars(type)["__dictoffset__"].__get__
_variables: Callable[[type], dict[str, object]] = vars(type)["__dict__"].__get__
# What a metaclass says of these does not count.


def _is_heap(kind: type) -> bool:
    """Can the attributes of a class be set?"""
    return bool(_flags(kind) & _HEAP)


def _looked_up(kind: type, name: str) -> object:
    for one in _order(kind):
        if name in _variables(one):
            return _variables(one)[name]
    return _MISSING


def _has(kind: type, name: str) -> bool:
    return _looked_up(kind, name) is not _MISSING


def _sets_itself(kind: type) -> bool:
    """Does code of a class set the attributes of its instances?"""
    return any(
        type(_looked_up(kind, name)) is not WrapperDescriptorType
        for name in ("__setattr__", "__delattr__")
    )


def _defining(kind: type, name: str, found: object) -> type:
    """The class that an attribute found in a class belongs to."""
    last = kind
    for one in _order(kind):
        if not _is_heap(one) or _looked_up(one, name) is not found:
            break
        last = one
    return last


def _namespace(thing: object) -> dict[str, object] | None:
    for one in _order(type(thing)):
        found: Any = _variables(one).get("__dict__")
        if type(found) is GetSetDescriptorType:
            namespace = found.__get__(thing)
            return namespace if isinstance(namespace, dict) else None
    return None


def kind_of(shown: object) -> str:
    """What to call an object."""
    kind = type(shown)
    if issubclass(kind, ModuleType):
        return f"module {ModuleType.__getattribute__(shown, '__dict__').get('__name__')}"
    if kind is CellType:
        return "function"
    return f"class {_full(cast('type', shown))}" if issubclass(kind, type) else _full(kind)


def _full(kind: type) -> str:
    name = str(vars(type)["__name__"].__get__(kind))
    module = vars(type)["__module__"].__get__(kind) if _flags(kind) & _OF_C else "builtins"
    return name if module == "builtins" else f"{module}.{name}"


# Items.

_PLAIN = (str, int, bool, float, bytes, type(None))


def is_plain(key: object, depth: int = 0) -> bool:
    """Can the hash of a key be asked for without running code of the program?"""
    if type(key) is tuple:
        return depth < 4 and all(is_plain(one, depth + 1) for one in key)
    return type(key) in _PLAIN


def name_part(name: str) -> str:
    """An attribute or variable, which is an item of its namespace."""
    return f"[{name!r}]"


def plain_part(key: object) -> str:
    """An item; equal keys are one."""
    return name_part(key) if type(key) is str else f"[{hash(key)}]"


def parts_of(thing: object, key: object, part: str | None, mode: Mode, effect: int) -> list[Part]:
    """What an operation of a container accesses.

    Args:
        thing: The container.
        key: What the operation is given, if it has a part.
        part: The item that it is about; None if it is about none.
        mode: What the source says of it.
        effect: What the type says.
    """
    if part is not None and type(key) is int and key < 0 and issubclass(type(thing), list):
        part = plain_part(key + list.__len__(cast("list[object]", thing)))
    changes = bool(effect & Effect.STRUCTURE_WRITE)
    looked = Effect.IF_MISSING | Effect.IF_PRESENT | Effect.FILLS
    if part is not None and effect & looked and _is_searchable(key):
        there = _is_there(thing, key)
        if effect & Effect.IF_MISSING:
            changes = not there
        if effect & Effect.IF_PRESENT:
            changes = there
        if effect & Effect.FILLS and not there:
            changes, mode = True, Mode.UPDATE
    parts = []
    if part is not None and effect & (Effect.KEY_READ | Effect.KEY_WRITE):
        plain = Mode.WRITE if effect & Effect.KEY_WRITE else Mode.READ
        parts.append(Part(part, Kind.ITEM, mode if mode is Mode.UPDATE else plain))
    every = bool(effect & Effect.ALL_WRITE)
    if changes or every or effect & Effect.STRUCTURE_READ:
        writes = Mode.UPDATE if mode is Mode.UPDATE or effect & Effect.STEPWISE else Mode.WRITE
        how = writes if changes or every else Mode.READ
        iterates = bool(effect & Effect.ITERATES)
        parts.append(Part(STRUCTURE, Kind.STRUCTURE, how, iterates))
        parts += [Part(EVERY_ITEM, Kind.ITEM, how, iterates)] * every
    if effect & Effect.ADVANCES:
        parts.append(Part(ITERATOR, Kind.ITERATOR, Mode.UPDATE, iterates=True))
    return parts


def _is_searchable(key: object, depth: int = 0) -> bool:
    """Can a key be looked up without running code of its own?

    An object that is equal to nothing but itself can; but its hash is its address, which
    another may have later.
    """
    if type(key) is tuple:
        return depth < 4 and all(_is_searchable(one, depth + 1) for one in key)
    return is_plain(key) or all(
        _looked_up(type(key), name) is vars(object)[name] for name in ("__hash__", "__eq__")
    )


def _is_there(thing: object, key: object) -> bool:
    for one in (dict, set, frozenset):
        if issubclass(type(thing), one):
            return cast("Callable[[object, object], bool]", one.__contains__)(thing, key)
    return False


def value_of_attribute(thing: object, name: str) -> object:
    """What an attribute holds, without running code of the program; None if it cannot be told."""
    kind = type(thing)
    if kind is ModuleType:
        return value_of_item(
            ModuleType.__getattribute__(cast("ModuleType", thing), "__dict__"), name
        )
    if kind is type:
        found = _looked_up(cast("type", thing), name)
        return None if found is _MISSING else found
    if _looked_up(kind, "__getattribute__") is not vars(object)["__getattribute__"]:
        return None
    if _looked_up(kind, "__getattr__") is not _MISSING:
        return None
    found = _looked_up(kind, name)
    how = type(found)
    is_stored = (
        found is _MISSING
        or how is MemberDescriptorType
        or not (_has(how, "__get__") or _has(how, "__set__") or _has(how, "__delete__"))
    )
    try:
        return object.__getattribute__(thing, name) if is_stored else None
    except AttributeError:
        return None


def value_of_item(thing: object, key: object) -> object:
    """Likewise, an item."""
    if issubclass(type(thing), dict) and _is_searchable(key):
        return dict.get(cast("dict[object, object]", thing), key)
    if type(thing) is list and type(key) is int and -len(thing) <= key < len(thing):
        return cast("list[object]", thing)[key]
    return None
