"""What a run of a program gave, as plain data: all that judging it needs.

Made inside the watched process, read outside of it, and written to a journal between.
"""

from __future__ import annotations

from dataclasses import dataclass

from ungil.races.trace import Mode, Site, Touch

__all__ = ["Blocked", "Compound", "Conflict", "Cycle", "Observation", "Side"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two accesses of a conflict.

    Attributes:
        touch: Where it is made.
        thread: The name of the thread that made it.
        locks: Those it held, as the source names them and where it took them.
        stack: The calls it was in, innermost first, each with its function's name as
            text; empty where they were not kept.
    """

    touch: Touch
    thread: str
    locks: tuple[str, ...] = ()
    stack: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two accesses of one variable that nothing orders, one of which writes.

    Or only a lock orders them that both held: they exclude each other.

    Attributes:
        first: The one that was seen first.
        second: The other, of another thread.
        owner: The number of the object they met at; equal means the same object.
        kind: Its type's name; `module shop.cart` for globals, `function` for a cell.
        part: `attribute`, `item`, `structure` (length, keys and order of a container),
            `variable` or `iterator`.
        first_mode: What the first turned out to do.
        second_mode: Likewise.
        iterates: Does the first go through the container, and does the second?
        count: How often it was seen.
        test: In which test of pytest it was; empty outside.
        exclusive: Does a lock keep them apart, whichever comes first?
    """

    first: Side
    second: Side
    owner: int
    kind: str
    part: str
    first_mode: Mode
    second_mode: Mode
    iterates: tuple[bool, bool] = (False, False)
    count: int = 1
    test: str = ""
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Compound:
    """A thread read a variable and then acted on it, in what may be meant as one step.

    Attributes:
        read: The earlier touch.
        act: The later one.
        how: `check` or `value`, as `Touch.after` has it; or `stack`, if the one puts something
            on top of one, and the other takes it away.
        around: Where one of them, or both, are in functions that another calls: what of that
            function leads to the two.
        parted: Has its thread let go of its locks in between, and taken one again?
    """

    read: Touch
    act: Touch
    how: str
    around: tuple[Site, Site] | None = None
    parted: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """A thread waited while it held locks.

    Attributes:
        site: Where.
        what: For what, e.g. `time.sleep`.
        locks: Those it held.
    """

    site: Site
    what: str
    locks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Locks that threads took in an order in which they can wait for each other for ever.

    Attributes:
        steps: By thread: the lock held, the lock taken, where each was taken.
        threads: Their names.
        locks: The numbers of the locks that were held.
        test: In which test of pytest it was; empty outside.
    """

    steps: tuple[tuple[str, str, Site, Site], ...]
    threads: tuple[str, ...]
    locks: tuple[int, ...] = ()
    test: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """All of a run.

    Attributes:
        watched: The modules that told of what they did.
        unwatched: The packages and modules that ran and did not, without the standard
            library.
        problems: What else could not be seen, a sentence each.
        unsafe_tests: Tests that cannot run beside themselves, and why.
    """

    conflicts: tuple[Conflict, ...] = ()
    compounds: tuple[Compound, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    watched: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unsafe_tests: tuple[tuple[str, str], ...] = ()
