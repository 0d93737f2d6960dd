"""Lock orders against the definition, on generated traces; and on small ones by hand."""

from itertools import permutations

from hypothesis import given, settings
from traces import orders, traces

from ungil.races.detect import Arrow, LockOrder
from ungil.races.trace import Acquire, Fork, Join, Release, Site


def inversions_in(events):
    detector = LockOrder()
    return [found for event in events for found in detector.feed(event)]


def arrows_of(events):
    """All arrows, each with the index of the event that drew it."""
    held = {}
    found = []
    for index, event in enumerate(events):
        mine = held.setdefault(event.thread, {})
        if isinstance(event, Acquire):
            if event.lock not in mine:
                for lock, sites in mine.items():
                    gates = frozenset(mine) - {lock}
                    arrow = Arrow(event.thread, lock, event.lock, sites[0], event.site, gates)
                    found.append((index, arrow))
            mine.setdefault(event.lock, []).append(event.site)
        elif isinstance(event, Release):
            mine[event.lock].pop()
            if not mine[event.lock]:
                del mine[event.lock]
    return found


def by_definition(events):
    """Every cycle of two or three arrows that can be on their way together."""
    before = orders(events, only_threads=True)
    drawn = arrows_of(events)

    def meet(one, other):
        (i, a), (j, b) = one, other
        apart = i not in before[j] and j not in before[i]
        return a.thread != b.thread and a.gates.isdisjoint(b.gates) and apart

    cycles = set()
    for size in (2, 3):
        for chosen in permutations(drawn, size):
            arrows = [arrow for _, arrow in chosen]
            if len({arrow.held for arrow in arrows}) < size:
                continue
            ring = zip(arrows, arrows[1:] + arrows[:1], strict=True)
            if all(a.taken == b.held for a, b in ring) and all(
                meet(x, y) for n, x in enumerate(chosen) for y in chosen[n + 1 :]
            ):
                cycles.add(frozenset(arrows))
    return cycles


@settings(max_examples=300)
@given(traces(size=24, accesses=False))
def test_the_cycles_are_those_of_the_definition(events):
    found = inversions_in(events)
    told = [frozenset(inversion.arrows) for inversion in found]
    assert len(set(told)) == len(told)
    assert set(told) == by_definition(events)
    for inversion in found:
        arrows = inversion.arrows
        assert all(a.taken == b.held for a, b in zip(arrows, arrows[1:] + arrows[:1], strict=True))


def both(thread, first, second, line):
    one, two = Site("app.py", line), Site("app.py", line + 1)
    return [
        Acquire(thread, first, one),
        Acquire(thread, second, two),
        Release(thread, second),
        Release(thread, first),
    ]


A, B, GATE = 1, 2, 3


def test_two_locks_in_two_orders():
    (found,) = inversions_in([Fork(0, 1), *both(0, A, B, 10), *both(1, B, A, 20)])
    sites = {(a.thread, a.held_site.line, a.site.line) for a in found.arrows}
    assert sites == {(0, 10, 11), (1, 20, 21)}


def test_the_same_order_is_fine():
    assert inversions_in([Fork(0, 1), *both(0, A, B, 10), *both(1, A, B, 20)]) == []


def test_one_thread_cannot_wait_for_itself():
    assert inversions_in([*both(0, A, B, 10), *both(0, B, A, 20)]) == []


def test_a_gate_keeps_the_second_thread_out():
    site = Site("app.py", 1)

    def gated(thread, *events):
        return [Acquire(thread, GATE, site), *events, Release(thread, GATE)]

    events = [Fork(0, 1), *gated(0, *both(0, A, B, 10)), *gated(1, *both(1, B, A, 20))]
    assert inversions_in(events) == []


def test_threads_that_never_meet():
    assert inversions_in([*both(0, A, B, 10), Fork(0, 1), *both(1, B, A, 20)]) == []
    joined = [Fork(0, 1), *both(1, B, A, 20), Join(0, 1), *both(0, A, B, 10)]
    assert inversions_in(joined) == []


def test_who_could_not_meet_before_may_meet_later():
    again = [*both(0, A, B, 10), Fork(0, 1), *both(1, B, A, 20), *both(0, A, B, 10)]
    assert len(inversions_in(again)) == 1


def test_five_philosophers():
    forks = range(5)
    events = [Fork(0, n) for n in range(1, 5)]
    for n in forks:
        events += both(n, n, (n + 1) % 5, 10 * n + 10)
    (found,) = inversions_in(events)
    assert len(found.arrows) == 5


def test_the_oldest_orders_are_forgotten_if_there_are_too_many():
    detector = LockOrder(most=3)
    site = Site("app.py", 1)
    detector.feed(Fork(0, 9))
    for lock in range(10, 15):
        for event in (Acquire(0, 1, site), Acquire(0, lock, site), Release(0, lock), Release(0, 1)):
            assert detector.feed(event) == []
    assert detector.forgotten == 2
    for lock, found in ((10, 0), (14, 1)):
        detector.feed(Acquire(9, lock, site))
        assert len(detector.feed(Acquire(9, 1, site))) == found
        detector.feed(Release(9, 1))
        detector.feed(Release(9, lock))
