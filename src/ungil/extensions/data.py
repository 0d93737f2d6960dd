"""Find a module's definition by its name alone, without reading code.

The definition holds a pointer to the module's name, so whatever points to a
string of that name is looked at. It decides where code cannot be followed
(another machine, an initialisation that is too long) and the definition is
complete in the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ungil.extensions.budget import Budget
from ungil.extensions.code.definition import LAYOUTS, Declared, declared_by_definition, text_at
from ungil.extensions.code.memory import Memory
from ungil.extensions.images.image import Image
from ungil.extensions.model import Declaration, Initialisation

__all__ = ["declared_by_data", "declared_by_imports"]

_MEANS = frozenset({"PyModuleDef_Init", "PyUnstable_Module_SetGIL"})
_MOST_NAMES = 64
_CHUNK = 1 << 19


def declared_by_imports(image: Image) -> Declared | None:
    """Without the means to declare anything, a module has not; None if it has them."""
    imported = set(image.imported())
    if "PyModule_Create2" not in imported or not imported.isdisjoint(_MEANS):
        return None
    why = "it is initialised in a single phase and does not import PyUnstable_Module_SetGIL"
    return Declared(Initialisation.SINGLE_PHASE, Declaration.USED, False, why)


def declared_by_data(image: Image, name: str, budget: Budget) -> Declared | None:
    """What the definition of module `name` declares, None if that is not clear."""
    memory = Memory(image)
    found: set[Declared] = set()
    for place in _definitions(image, name, budget):
        found.add(declared_by_definition(image, memory, place))
    if len({d.declaration for d in found}) != 1:
        return None
    (declared, *_) = found
    # Without an explicit declaration, the definition may belong to a module that
    # is created in a single phase, or may get its slots by code.
    return declared if declared.explicit else None


def _definitions(image: Image, name: str, budget: Budget) -> Iterator[int]:
    """Where definitions of a module of that name may start.

    Both layouts are the same from `m_index` on, so one of them serves for both.
    """
    offset = LAYOUTS[image.bits][0].name
    writable = [r for r in image.regions if r.writable and not r.executable]
    for text in _strings(image, name, budget):
        for pointer in image.words_equal(text):
            # CPython counts references to the definition, so it is never constant.
            inside = any(r.address <= pointer < r.address + r.size for r in writable)
            if inside and pointer % (image.bits // 8) == 0:
                yield pointer - offset


def _strings(image: Image, name: str, budget: Budget) -> Iterator[int]:
    """The addresses of `name` and of `package.name`, as strings of their own."""
    wanted = name.encode() + b"\0"
    left = _MOST_NAMES
    for region in image.regions:
        for start in range(0, region.size, _CHUNK):
            size = min(_CHUNK, region.size - start)
            budget.bytes -= size
            if budget.bytes < 0:
                return
            # A little more, for a name that stands across the boundary.
            size = min(size + 512, region.size - start)
            data = image.bytes_at(region.address + start, size)
            at = data.find(wanted) if data else -1
            while data and at != -1 and left:
                left -= 1
                first = data.rfind(b"\0", 0, at) + 1
                address = region.address + start + first
                text = text_at(image, address) or ""
                if text == name or text.endswith("." + name):
                    yield address
                at = data.find(wanted, at + 1)
