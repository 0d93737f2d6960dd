"""FastTrack against the definition, on generated traces; and on small ones by hand."""

from hypothesis import given, settings
from traces import orders, traces

from ungil.races.detect import EVERY_ITEM, HappensBefore
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

X = Variable(7, ".x")


def all_told(events, **how):
    detector = HappensBefore(**how)
    return [race for event in events for race in detector.feed(event)]


def races_in(events, **how):
    return [race for race in all_told(events, **how) if not race.exclusive]


def conflicting(events, before):
    """All pairs of accesses that conflict, and of which none is before the other."""
    used = [(i, e) for i, e in enumerate(events) if isinstance(e, Access)]
    return {
        (a, b)
        for i, a in used
        for j, b in used
        if i < j
        and a.variable == b.variable
        and a.thread != b.thread
        and (a.mode.writes or b.mode.writes)
        and i not in before[j]
    }


def by_definition(events):
    """All pairs of accesses that conflict and that nothing orders."""
    return conflicting(events, orders(events))


@settings(max_examples=400)
@given(traces())
def test_what_is_told_is_true_and_the_first_race_of_each_variable_is_told(events):
    true = by_definition(events)
    told = [(race.first, race.second) for race in races_in(events)]
    assert set(told) <= true
    assert len(set(told)) == len(told)
    at = {id(event): index for index, event in enumerate(events)}

    def first(pairs):
        """For each variable the access that completes its first race."""
        found = {}
        for _, second in sorted(pairs, key=lambda pair: at[id(pair[1])]):
            found.setdefault(second.variable, second)
        return found

    assert first(told) == first(true)


def locks_held(events):
    """By accesses."""
    held = {}
    locks_of = {}
    for event in events:
        mine = held.setdefault(event.thread, [])
        if isinstance(event, Acquire):
            mine.append(event.lock)
        elif isinstance(event, Release):
            mine.remove(event.lock)
        elif isinstance(event, Access):
            locks_of[id(event)] = frozenset(mine)
    return locks_of


@settings(max_examples=200)
@given(traces())
def test_the_locks_are_those_held(events):
    locks_of = locks_held(events)
    for race in all_told(events):
        assert race.first_locks == locks_of[id(race.first)]
        assert race.second_locks == locks_of[id(race.second)]
        # Who holds the same lock is ordered by it.
        assert race.first_locks.isdisjoint(race.second_locks) is not race.exclusive


@settings(max_examples=400)
@given(traces())
def test_exclusive_are_those_that_a_common_lock_keeps_apart_and_nothing_else_orders(events):
    locks_of, before = locks_held(events), orders(events)
    exclusive = {
        (a, b)
        for a, b in conflicting(events, orders(events, locks=False))
        if locks_of[id(a)] & locks_of[id(b)]
    }
    assert exclusive.isdisjoint(conflicting(events, before))
    told = {(race.first, race.second) for race in all_told(events) if race.exclusive}
    assert told <= exclusive
    # Of two that follow each other nothing is forgotten.
    used = {}
    for event in events:
        if isinstance(event, Access):
            last = used.get(event.variable)
            assert last is None or (last, event) not in exclusive or (last, event) in told
            used[event.variable] = event


@given(traces())
def test_a_bound_on_memory_only_loses(events):
    bounded = HappensBefore(history=1)
    found = [race for event in events for race in bounded.feed(event)]
    told = {(race.first, race.second) for race in found if not race.exclusive}
    assert told <= by_definition(events)
    variables = {event.variable for event in events if isinstance(event, Access)}
    if len(variables) <= 1:
        assert bounded.forgotten == 0


def access(thread, mode, line=1):
    return Access(thread, X, mode, Site("app.py", line))


READ, WRITE, UPDATE = Mode.READ, Mode.WRITE, Mode.UPDATE


def told(*events):
    return [(race.first.site.line, race.second.site.line) for race in races_in(events)]


def test_reads_alone_do_not_race():
    assert told(Fork(0, 1), access(0, READ, 1), access(1, READ, 2)) == []


def test_a_lost_update():
    assert told(Fork(0, 1), access(0, UPDATE, 1), access(1, UPDATE, 2)) == [(1, 2)]


def test_a_lock_orders_and_another_does_not():
    site = Site("app.py", 9)
    for other, races in ((5, []), (6, [(1, 2)])):
        events = [Fork(0, 1), Acquire(0, 5, site), access(0, WRITE, 1), Release(0, 5)]
        events += [Acquire(1, other, site), access(1, WRITE, 2), Release(1, other)]
        assert told(*events) == races


def test_a_lock_within_itself_is_given_back_at_the_end():
    site = Site("app.py", 9)
    inside = [Acquire(0, 5, site), Acquire(0, 5, site), Release(0, 5), access(0, WRITE, 1)]
    (race,) = races_in([Fork(0, 1), *inside, access(1, WRITE, 2)])
    assert race.first_locks == {5}


def test_start_join_and_messages_order():
    assert told(access(0, WRITE), Fork(0, 1), access(1, READ), Join(0, 1), access(0, WRITE)) == []
    assert told(Fork(0, 1), access(1, WRITE), Post(1, 3), Receive(0, 3), access(0, READ)) == []
    assert told(Fork(0, 1), access(1, WRITE, 1), Receive(0, 3), Post(1, 3), access(0, READ, 2)) == [
        (1, 2)
    ]


def test_a_write_races_with_each_thread_that_reads():
    events = [Fork(0, 1), Fork(0, 2), access(1, READ, 1), access(2, READ, 2), access(0, WRITE, 3)]
    assert told(*events) == [(1, 3), (2, 3)]


def test_writes_before_the_last_one_race_as_it_does():
    writes = [access(0, WRITE, line) for line in (1, 2, 1, 3)]
    for mode in (READ, WRITE):
        assert sorted(told(Fork(0, 1), *writes, access(1, mode, 9))) == [(1, 9), (2, 9), (3, 9)]
    # What others know of needs no telling, and what comes after it does.
    assert told(Fork(0, 1), *writes, Post(0, 3), access(0, WRITE, 4), access(1, READ, 9)) == [
        (4, 9)
    ]
    ordered = [*writes, Post(0, 3), Receive(1, 3), access(1, READ, 9), access(1, WRITE, 9)]
    assert told(Fork(0, 1), *ordered) == []


def item(thread, part, mode, line):
    return Access(thread, Variable(7, part), mode, Site("app.py", line))


def test_a_write_of_all_items_meets_each():
    every = item(1, EVERY_ITEM, WRITE, 3)
    before = [item(0, "['a']", READ, 1), item(0, "['b']", WRITE, 2), item(0, "length", READ, 9)]
    assert sorted(told(Fork(0, 1), *before, every)) == [(1, 3), (2, 3)]
    after = [item(0, "['a']", READ, 4), item(0, "['c']", WRITE, 5), item(0, "length", READ, 9)]
    assert told(Fork(0, 1), every, *after) == [(3, 4), (3, 5)]
    other = Access(0, Variable(8, "['a']"), WRITE, Site("app.py", 6))
    assert told(Fork(0, 1), every, other) == []
    assert told(Fork(0, 1), every, Join(0, 1), *after) == []


def test_a_lock_orders_for_certain_only_if_it_is_handed_over_or_a_library_s():
    site = Site("app.py", 9)
    first = [Acquire(0, 6, site), access(0, WRITE, 1), Release(0, 6)]
    second = [Acquire(1, 6, site), access(1, WRITE, 2)]
    (race,) = all_told([Fork(0, 1), *first, *second])
    assert race.exclusive
    # One waits for a lock that it holds itself, until another gives that back.
    handed_over = [Acquire(1, 5, site), *first, Release(0, 5), Acquire(1, 5, site)]
    assert all_told([Fork(0, 1), *handed_over, *second]) == []
    of_a_library = [Acquire(0, 5, site), *first, Release(0, 5, firm=True), Acquire(1, 5, site)]
    assert all_told([Fork(0, 1), *of_a_library, *second]) == []


def test_who_gives_back_the_lock_of_another_takes_it_from_them():
    detector = HappensBefore()
    site = Site("app.py", 9)
    for event in (Fork(0, 1), Acquire(0, 5, site), Release(1, 5), access(0, WRITE, 1)):
        detector.feed(event)
    (race,) = detector.feed(access(1, WRITE, 2))
    assert race.first_locks == race.second_locks == frozenset()


def test_what_is_forgotten_does_not_race():
    for forget in (HappensBefore.begin_anew, HappensBefore.forget):
        detector = HappensBefore()
        for event in (Fork(0, 1), access(0, WRITE, 1), item(0, EVERY_ITEM, WRITE, 1)):
            detector.feed(event)
        assert forget(detector, 7) == 2
        assert detector.feed(access(1, WRITE, 2)) == []
        assert detector.feed(item(1, "['a']", WRITE, 2)) == []
        assert detector.kept(X) == [access(1, WRITE, 2)]
        assert detector.forgotten == 0


def test_a_lock_that_is_gone_is_held_no_more():
    detector = HappensBefore()
    for event in (Fork(0, 1), Acquire(0, 5, Site("app.py", 9))):
        detector.feed(event)
    detector.forget(5)
    detector.feed(access(0, WRITE, 1))
    (race,) = detector.feed(access(1, WRITE, 2))
    assert race.first_locks == frozenset()


def test_an_order_that_no_event_tells_of():
    detector = HappensBefore()
    detector.feed(Fork(0, 1))
    detector.feed(access(0, WRITE, 1))
    moment = detector.now(0)
    assert not detector.knows(1, moment)
    detector.comes_after(1, moment)
    assert detector.knows(1, moment)
    assert detector.feed(access(1, WRITE, 2)) == []
