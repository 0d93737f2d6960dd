"""What of the native core has types: threads under control. The rest is `Core`, and `Native`."""

from collections.abc import Callable
from typing import Any, Self

from ungil.races.schedule.threads import Access
from ungil.races.trace import Touch

class Point:
    """A place in the source, as a constant of instrumented code.

    Attributes:
        touch: What it is.
        shared: Is it known to touch what several threads use?
    """

    touch: Touch
    shared: bool

class Thread:
    """A thread of the program, which the carrier runs and the world stops.

    Attributes:
        path: Which it is, in any execution: `0` is the main thread, `0.2` the second one
            that it started.
        ident: As the program sees it; the carrier gives it.
        daemon: Need nobody wait for it?
        carried: What the carrier runs it on.
        blocked: What it waits for: a lock, the ends of threads, or a function that tells
            whether it has to; None if it need not wait.
        sleeps: Does it wait for nothing but time?
        pauses: Does it wait for no more than a moment, or sleep?
        away: Does it wait where no world sees it, and may not go on by itself from there?
        waits_for: What it waits for, in words, and the lock if it is one.
        pending: What it does next, as far as that is known.
        point: The place in the source that it has come to.
        fresh: Has it come there without touching a lock or a queue yet?
        priority: Who has the highest goes on, unless the strategy is asked; NaN for none yet.
        starter: Who started it, until it has come to its first choice.
        children: How many threads it has started.
        alive: Has it not ended?
        at_end: Is called when it has ended; None for nothing.
        name: What the program calls it.
        segment: What it does at present.
    """

    path: str
    ident: int
    daemon: bool
    carried: Any
    blocked: object
    sleeps: bool
    pauses: bool
    away: bool
    waits_for: tuple[str, object]
    pending: list[Access]
    point: Point | None
    fresh: bool
    priority: float
    starter: Thread | None
    children: int
    alive: bool
    at_end: Callable[[], object] | None
    name: str
    segment: Segment | None

    def __new__(cls, path: str, /) -> Self: ...

class Segment:
    """What one thread did between two choices.

    Attributes:
        thread: Which.
        choice: The number of the choice that it began with; -1 if there was none.
        places: Where in watched code it came, what it did there if that is but a half of
            what stands there, and what it used there.
        pending: What it was about to use.
        accesses: All that it used.
        started: Threads that it started.
    """

    thread: Thread
    choice: int
    places: list[tuple[Point, str, list[Access]]]
    pending: list[Access]
    accesses: list[Access]
    started: list[Thread]

class Turns:
    """One execution, as far as it happens at each use of what threads may share.

    Attributes:
        strategy: Chooses.
        threads: All, in the order in which they were started.
        alive: Those that have not ended.
        segments: What was done, in order.
        choices: The paths of those who were chosen, one after the other.
        running: Who runs; None before and after.
        passed: Is called when somebody has come to a place, of which `segments` tell; None for
            nobody.
        time: Virtual, in seconds since the beginning.
        asks_from: From which choice on the strategy is asked. Before it priorities decide, unless
            there is a thread without one, or who ran pauses.
        learnt: Was a place found to touch what threads share that was not known to?
        over: Has it ended? Threads that are being ended are not under control.
        alone: Has no thread been started yet?
        tries: Does the program try locks without waiting for them?
        fixed: Is it known what threads share, so that nothing is learnt?
        on_one: Do all run in one thread of the system, on greenlets?
    """

    strategy: object
    threads: list[Thread]
    alive: list[Thread]
    segments: list[Segment]
    choices: list[str]
    running: Thread | None
    passed: Callable[[], object] | None
    time: float
    asks_from: int
    learnt: bool
    over: bool
    alone: bool
    tries: bool
    fixed: bool
    on_one: bool

    def point(
        self,
        thread: Thread,
        pending: list[Access],
        blocked: object = None,
        waits_for: tuple[str, object] = ("", None),
        deadline: float | None = None,
        /,
    ) -> bool:
        """A thread is about to do something; it comes back when it may.

        Args:
            thread: Which runs.
            pending: What it will use first.
            blocked: What it waits for before.
            waits_for: What that is, in words, and the lock if it is one.
            deadline: When its waiting ends in any case.

        Returns:
            False if the waiting ended for its time.
        """

    def used(self, thread: Thread, access: Access, /) -> None:
        """A thread has used something that is no variable of the source: a queue."""

    def ended(self, thread: Thread, /) -> None:
        """A thread has come to its end."""

    def joined(self, thread: Thread, others: tuple[Thread, ...], /) -> None:
        """A thread knows that others have ended."""

    def begin(self, thread: Thread, /) -> None:
        """A thread begins a segment that nobody chose."""

    def choose(self, thread: Thread, idle: float = 0, /) -> Thread | None:
        """Who goes on after a thread, which nobody did for some seconds.

        It is None if nobody can before somebody comes back who is away.
        """

    def hand_over(self, thread: Thread, /) -> None:
        """From now on it is this one that runs, with what is its own."""

    def let(self, thread: Thread, /) -> None:
        """Another goes on, until somebody lets this one."""

    def holder(self, lock: object, /) -> Thread | None:
        """Who holds a lock."""

    def held(self, thread: Thread, /) -> list[object]:
        """The re-entrant locks that a thread holds, each as often as it does."""

    def rest(self) -> None:
        """It has ended: give back the plain locks that were free before."""
