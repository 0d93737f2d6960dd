"""Which locks a C function holds where."""

from __future__ import annotations

from dataclasses import dataclass

from ungil.sources.c_source import Function
from ungil.sources.syntax import text, walk

__all__ = ["Locks"]

_SECTION = "Py_BEGIN_CRITICAL_SECTION"
_ENDS = ("Py_END_CRITICAL_SECTION", "Py_END_CRITICAL_SECTION2")
_LOCK = frozenset(
    {"PyMutex_Lock", "PyThread_acquire_lock", "pthread_mutex_lock", "mtx_lock", "lock"}
)
_UNLOCK = frozenset(
    {"PyMutex_Unlock", "PyThread_release_lock", "pthread_mutex_unlock", "mtx_unlock", "unlock"}
)
# C++: held from here to the end of the block. nb:: and py:: have such types too.
_GUARDS = ("lock_guard", "unique_lock", "scoped_lock", "ft_mutex_guard", "scoped_critical_section")


@dataclass(frozen=True, slots=True)
class _Held:
    """A stretch of source, in bytes, and what is locked in it; empty for a mutex."""

    start: int
    end: int
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Locks:
    """The locks of one function.

    A critical section locks the object it names. What a mutex protects is
    written nowhere, so that everything inside is taken to be protected by it:
    the author has thought about it.
    """

    held: tuple[_Held, ...]

    @classmethod
    def of(cls, function: Function) -> Locks:
        """Read the pairs off the calls of a function, in order."""
        end = function.node.end_byte
        found: list[_Held] = []
        open_sections: list[_Held] = []
        open_mutexes: list[int] = []
        for call in function.calls:
            at = call.node.start_byte
            name = call.name.rpartition(".")[2].rpartition("->")[2]
            if call.name.startswith(_SECTION):
                objects = tuple(text(argument).strip() for argument in call.arguments)
                of_mutex = call.name.endswith("_MUTEX")
                open_sections.append(_Held(at, end, () if of_mutex else objects))
            elif call.name in _ENDS and open_sections:
                begun = open_sections.pop()
                found.append(_Held(begun.start, at, begun.objects))
            elif name in _LOCK:
                open_mutexes.append(at)
            elif name in _UNLOCK and open_mutexes:
                found.append(_Held(open_mutexes[-1], at, ()))
        # Left open at the end: unlocked in another function, or by a destructor.
        found += open_sections
        if open_mutexes and not any(held.objects == () for held in found):
            found.append(_Held(open_mutexes[0], end, ()))
        return cls((*found, *_guards(function)))

    def hold(self, name: str, at: int) -> bool:
        """Is the object `name` locked at this byte of the source?"""
        return any(
            held.start < at < held.end and (not held.objects or name in held.objects)
            for held in self.held
        )

    def any_at(self, at: int) -> bool:
        """Is anything locked at this byte?"""
        return any(held.start < at < held.end for held in self.held)


def _guards(function: Function) -> list[_Held]:
    found = []
    for node in walk(function.node):
        if node.type != "declaration" or node.parent is None:
            continue
        kind = node.child_by_field_name("type")
        if kind is not None and any(guard in text(kind) for guard in _GUARDS):
            found.append(_Held(node.start_byte, node.parent.end_byte, ()))
    return found
