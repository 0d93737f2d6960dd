"""Locks and queues that tell of what is done to them, in place of those of C."""

from __future__ import annotations

import _queue
import _thread
from types import GenericAlias, TracebackType

from ungil.races.reference.running import Run
from ungil.races.reference.telling import told

__all__ = ["Lock", "RLock", "SimpleQueue"]


class _Kind(type):
    """Of those that were made before, it is the type, too."""

    stands_for: type

    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, cls.stands_for) or super().__instancecheck__(one)

    def __subclasscheck__(cls, kind: type) -> bool:
        return kind is cls.stands_for or super().__subclasscheck__(kind)


class _Standing(metaclass=_Kind):
    """Does what another does; what it does not have itself, that one has."""

    stands_for: type

    def __init__(self) -> None:
        """Make the other."""
        self._one = self.stands_for()

    def __getattr__(self, name: str) -> object:
        if name == "_one":
            raise AttributeError(name)  # it is being made, or copied
        return getattr(self._one, name)

    def __repr__(self) -> str:
        return repr(self._one)

    def __reduce__(self) -> str:
        raise TypeError(f"cannot pickle {type(self._one).__qualname__!r} object")


class _Lock(_Standing):
    # Where no room for calls is left, a lock is still to be got, or given back, as it is
    # without us; so nothing here calls more than what tells, and that may fail.

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Get it."""
        got: bool = self._one.acquire(blocking, timeout)
        if got:
            try:  # noqa: SIM105 - `suppress` needs room
                told(Run.acquired, self, 1, not blocking)
            except RecursionError:
                pass
        return got

    def release(self) -> None:
        """Give it back."""
        try:  # noqa: SIM105 - likewise
            told(Run.released, self, False)
        except RecursionError:
            pass
        self._one.release()

    def __enter__(self) -> bool:
        self._one.acquire()
        try:  # noqa: SIM105 - likewise
            told(Run.acquired, self, 1, False)
        except RecursionError:
            pass
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:  # noqa: SIM105 - likewise
            told(Run.released, self, False)
        except RecursionError:
            pass
        self._one.release()

    acquire_lock = acquire
    release_lock = release


class Lock(_Lock):
    """In place of `threading.Lock`."""

    stands_for = type(_thread.allocate_lock())

    def __init__(self) -> None:
        """Make the other, by what all versions can make it by."""
        self._one = _allocate_lock()


_allocate_lock = _thread.allocate_lock


class RLock(_Lock):
    """In place of `threading.RLock`."""

    stands_for = _thread.RLock

    def _release_save(self) -> object:
        told(Run.released, self, True)
        return self._one._release_save()  # noqa: SLF001 - what a condition calls

    def _acquire_restore(self, state: tuple[int, int]) -> None:
        self._one._acquire_restore(state)  # noqa: SLF001 - likewise
        told(Run.acquired, self, max(state[0], 1), True)


class SimpleQueue(_Standing):
    """In place of `queue.SimpleQueue`."""

    stands_for = _queue.SimpleQueue
    __class_getitem__: object = classmethod(GenericAlias)

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        """Put it in."""
        told(Run.post, self)
        self._one.put(item, block, timeout)

    def put_nowait(self, item: object) -> None:
        """Put it in."""
        told(Run.post, self)
        self._one.put_nowait(item)

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        """Take one out."""
        told(Run.blocks, "SimpleQueue.get")
        item: object = self._one.get(block, timeout)
        told(Run.receive, self)
        return item

    def get_nowait(self) -> object:
        """Take one out, if there is one."""
        told(Run.blocks, "SimpleQueue.get_nowait")
        item: object = self._one.get_nowait()
        told(Run.receive, self)
        return item
