"""What a module definition in memory declares.

Sources: `struct PyModuleDef` and `struct PyModuleDef_Slot` in CPython's
Include/moduleobject.h, `struct _object` in Include/object.h (a free-threaded
build's object head is twice as large), PEP 703 for `Py_mod_gil`; for 3.15
PEP 793 and PEP 820, Include/slots.h, Include/slots_generated.h and
Python/slots.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ungil.extensions.code.memory import Memory
from ungil.extensions.code.values import Value
from ungil.extensions.images.image import Image
from ungil.extensions.model import Declaration, Initialisation

__all__ = ["LAYOUTS", "Declared", "Layout", "declared_by_definition", "declared_by_slots"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of `struct PyModuleDef`, in bytes.

    Attributes:
        index: Of `m_index`, always zero before the module is imported.
        name: Of `m_name`.
        slots: Of `m_slots`.
    """

    index: int
    name: int
    slots: int


LAYOUTS = {
    64: (Layout(index=40, name=56, slots=88), Layout(index=24, name=40, slots=72)),
    32: (Layout(index=24, name=32, slots=48), Layout(index=12, name=20, slots=36)),
}
"""By pointer size in bits: of a free-threaded and of a GIL-enabled build."""

_MOD_GIL = frozenset({4, 87})  # 3.13 and 3.14; 3.15
_SUBSLOTS = 92
_MOD_SLOTS = 94
_OTHERS = frozenset({1, 2, 3, *range(84, 112)}) - _MOD_GIL  # the ids a module may have
_NESTING = 5  # _PySlot_MAX_NESTING
_MOST_SLOTS = 256


@dataclass(frozen=True, slots=True)
class Declared:
    """What was found out about one module.

    Attributes:
        initialisation: How it is created.
        declaration: What it declares.
        explicit: Is the declaration written down?
        reason: What was seen; one sentence without a full stop.
    """

    initialisation: Initialisation
    declaration: Declaration
    explicit: bool
    reason: str


class _UndecidedError(Exception):
    """The slots do not tell; the message says why."""


class _AtRunTimeError(Exception):
    """A slot's value is computed."""


def declared_by_definition(image: Image, memory: Memory, address: int) -> Declared:
    """What the `PyModuleDef` at `address` declares."""
    how = Initialisation.MULTI_PHASE
    if any(
        address <= place < address + 2 * LAYOUTS[image.bits][0].slots for place in memory.exposed
    ):
        return _unknown(how, "its definition is written to by code that could not be followed")
    for layout in LAYOUTS[image.bits]:
        name = memory.load(address + layout.name, image.bits // 8)
        index = memory.load(address + layout.index, image.bits // 8)
        if index == 0 and _is_address(image, name):
            break
    else:
        return _unknown(how, "the module definition is filled in by code that was not followed")
    slots = memory.load(address + layout.slots, image.bits // 8)
    if slots == 0:
        return Declared(how, Declaration.USED, False, "its definition has no slots")
    if not isinstance(slots, int):
        return _unknown(how, "where its slots are is computed by code that was not followed")
    return _declared(_Slots(image, memory), slots, how, compact=True)


def declared_by_slots(image: Image, memory: Memory, address: int) -> Declared:
    """What the array of `PySlot` at `address` declares (PEP 793)."""
    slots = _Slots(image, memory)
    return _declared(slots, address, Initialisation.EXPORT, compact=False)


def _is_address(image: Image, value: Value) -> bool:
    # What is there is not read: it is far from all else that is, and so would
    # cost much where the binary is fetched in parts.
    return isinstance(value, int) and any(
        r.address <= value < r.address + r.size for r in image.regions
    )


def text_at(image: Image, address: Value) -> str | None:
    """The string that starts there, None if it is none."""
    if not isinstance(address, int) or address == 0:
        return None
    for size in (256, 64, 16, 4, 2):  # it may stand at the end of what is mapped
        data = image.bytes_at(address, size)
        if data is None:
            continue
        text, end, _ = data.partition(b"\0")
        if not end or not text:
            return None
        try:
            decoded = text.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return decoded if decoded.isprintable() else None
    return None


def _unknown(how: Initialisation, why: str) -> Declared:
    return Declared(how, Declaration.UNKNOWN, False, why)


def _declared(slots: _Slots, address: int, how: Initialisation, *, compact: bool) -> Declared:
    try:
        values = set(slots.gil_values(address, compact=compact))
    except _UndecidedError as error:
        return _unknown(how, str(error))
    except _AtRunTimeError:
        return Declared(how, Declaration.RUN_TIME, True, "its Py_mod_gil slot is computed by code")
    if not values:
        return Declared(how, Declaration.USED, False, "it has slots, but no Py_mod_gil among them")
    if values == {0}:
        return Declared(how, Declaration.USED, True, "its Py_mod_gil slot says Py_MOD_GIL_USED")
    if values == {1}:
        why = "its Py_mod_gil slot says Py_MOD_GIL_NOT_USED"
        return Declared(how, Declaration.NOT_USED, True, why)
    return _unknown(how, "its Py_mod_gil slot holds something else than a declaration")


@dataclass(frozen=True, slots=True)
class _Slots:
    """Reads arrays of slots."""

    image: Image
    memory: Memory

    def gil_values(self, address: int, *, compact: bool, depth: int = 0) -> Iterator[int]:
        """The values of all `Py_mod_gil` slots of an array, nested arrays included.

        Args:
            address: Of the array.
            compact: Of `PyModuleDef_Slot`, rather than of `PySlot`?
            depth: How many arrays it is nested in.
        """
        if depth >= _NESTING:
            raise _UndecidedError("its slots are nested too deeply")
        pointer = self.image.bits // 8
        stride, value_at, id_size = (2 * pointer, pointer, 4) if compact else (16, 8, 2)
        for number in range(_MOST_SLOTS):
            place = address + number * stride
            if not self.memory.exposed.isdisjoint(range(place, place + stride)):
                raise _UndecidedError("its slots are written to by code that could not be followed")
            slot = self.memory.load(place, id_size)
            if slot == 0:
                if number == 0 and depth == 0 and self._may_be_filled(place, stride):
                    raise _UndecidedError("its array of slots is empty until code fills it in")
                return
            yield from self._gil_value(slot, place + value_at, depth)
        raise _UndecidedError("its array of slots has no end")

    def _gil_value(self, slot: Value, place: int, depth: int) -> Iterator[int]:
        """What one slot, whose value is at `place`, has to say."""
        pointer = self.image.bits // 8
        value = self.memory.load(place, pointer)
        if not isinstance(slot, int):
            raise _UndecidedError("its slots are filled in by code that was not followed")
        if slot in _MOD_GIL:
            if not isinstance(value, int) and self.memory.stored(place, pointer):
                raise _AtRunTimeError
            if not isinstance(value, int):
                raise _UndecidedError("what its Py_mod_gil slot says could not be followed")
            yield value
        elif slot in {_SUBSLOTS, _MOD_SLOTS}:
            if not isinstance(value, int):
                raise _UndecidedError("where its nested slots are is not known")
            if value:
                yield from self.gil_values(value, compact=slot == _MOD_SLOTS, depth=depth + 1)
        elif slot not in _OTHERS:
            raise _UndecidedError(f"its slots hold an id ({slot}) that CPython does not have")

    def _may_be_filled(self, address: int, size: int) -> bool:
        """May somebody who was not seen fill the array, e.g. a static constructor?"""
        if self.memory.stored(address, size):
            return False
        return any(
            r.writable and r.address <= address < r.address + r.size for r in self.image.regions
        )
