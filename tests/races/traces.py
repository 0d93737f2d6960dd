"""Generated traces that a real run could have made, and what happens before what in them."""

from dataclasses import replace

from hypothesis import strategies as st

from ungil.races.trace import (
    Access,
    Acquire,
    Fork,
    Join,
    Mode,
    Post,
    Receive,
    Release,
    Site,
    Variable,
)

THREADS, LOCKS, CHANNELS, VARIABLES = 4, 3, 2, 3


class _Run:
    """What can be done next, by whom, in a run of a program."""

    def __init__(self):
        self.running, self.ended, self.fresh = [0], [], list(range(1, THREADS))
        self.owners = {}  # who holds a lock, and how often

    def steps(self, thread, *, accesses):
        """Every next step of a thread; None for its end."""
        site = Site("app.py", 1)
        for lock in range(LOCKS):
            owner, _ = self.owners.get(lock, (None, 0))
            if owner in {None, thread}:
                yield Acquire(thread, lock, site)
            if owner == thread:
                yield Release(thread, lock)
        yield from (Fork(thread, child) for child in self.fresh[-1:])
        yield from (Join(thread, child) for child in self.ended)
        if accesses:
            for channel in range(CHANNELS):
                yield from (Post(thread, channel), Receive(thread, channel))
            for owner in range(VARIABLES):
                yield from (Access(thread, Variable(owner, ".x"), mode, site) for mode in Mode)
        if thread and thread not in {owner for owner, _ in self.owners.values()}:
            yield None

    def do(self, thread, event):
        """Take a step."""
        match event:
            case None:
                self.running.remove(thread)
                self.ended.append(thread)
            case Acquire(lock=lock):
                self.owners[lock] = (thread, self.owners.get(lock, (thread, 0))[1] + 1)
            case Release(lock=lock):
                depth = self.owners.pop(lock)[1] - 1
                if depth:
                    self.owners[lock] = (thread, depth)
            case Fork(child=child):
                self.fresh.remove(child)
                self.running.append(child)


@st.composite
def traces(draw, size=30, accesses=True):
    """Locks exclude each other, and threads run between their start and their end."""
    run, events = _Run(), []
    for number in range(draw(st.integers(0, size))):
        thread = draw(st.sampled_from(run.running))
        steps = list(run.steps(thread, accesses=accesses))
        if not steps:
            continue
        event = draw(st.sampled_from(steps))
        run.do(thread, event)
        if isinstance(event, Acquire | Access):
            event = replace(event, site=Site("app.py", number + 1))
        events += [] if event is None else [event]
    return events


def orders(events, *, only_threads=False, locks=True):
    """For each event the indices of those that happen before it, from the definition."""
    before = []
    for index, event in enumerate(events):
        found = set()
        for earlier in range(index):
            if _precedes(events, earlier, index, event, only_threads=only_threads, locks=locks):
                found |= {earlier} | before[earlier]
        before.append(found)
    return before


def _precedes(events, earlier, index, event, *, only_threads, locks):
    """Does one event come directly before another, by any rule?"""
    first = events[earlier]
    if first.thread == event.thread or (isinstance(first, Fork) and first.child == event.thread):
        return True
    if isinstance(event, Join):
        # A thread may have done nothing between its start and its end.
        started = isinstance(first, Fork) and first.child == event.child
        return started or first.thread == event.child
    if only_threads:
        return False
    if isinstance(first, Post) and isinstance(event, Receive):
        return first.channel == event.channel
    handed_over = locks and isinstance(first, Release) and isinstance(event, Acquire)
    return (
        handed_over and first.lock == event.lock and _depth(events[: earlier + 1], first.lock) == 0
    )


def _depth(events, lock):
    """How often a lock is held after some events."""
    taken = sum(isinstance(e, Acquire) and e.lock == lock for e in events)
    return taken - sum(isinstance(e, Release) and e.lock == lock for e in events)
