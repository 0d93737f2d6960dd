"""What a run gave, by hand: each rule and the nearest that is no case of it."""

import dataclasses
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ungil.findings import Severity
from ungil.races.judging import closing, judge
from ungil.races.observed import Blocked, Compound, Conflict, Cycle, Observation, Side
from ungil.races.sources import Sources
from ungil.races.suppress import suppressed
from ungil.races.trace import Mode, Site, Touch

R, W, U = Mode.READ, Mode.WRITE, Mode.UPDATE
FOLDER = Path("/project")
FILE = "/project/app/reg.py"


class Made(NamedTuple):
    """A source, from which touches are made by the lines that they stand on."""

    lines: list[str]

    def touch(self, line, text, form, mode, name="", function="Reg.f", clears=False):
        assert text in self.lines[line - 1], (line, text)
        return Touch(Site(FILE, line, text), form, mode, name, function, (), clears)

    def attribute(self, line, mode, text="self.n", **more):
        return self.touch(line, text, "attribute", mode, text.rpartition(".")[2], **more)

    def item(self, line, mode, text="d[k]", **more):
        return self.touch(line, text, "item", mode, **more)


def source(text):
    return Made(textwrap.dedent(text).strip("\n").splitlines())


def side(touch, thread="one", *locks, stack=()):
    return Side(touch, thread, locks, stack)


def conflict(first, second, part="attribute", kind="Reg", **more):
    first, second = (
        one if isinstance(one, Side) else side(one, name)
        for one, name in ((first, "one"), (second, "two"))
    )
    modes = more.pop("modes", (first.touch.mode, second.touch.mode))
    return Conflict(first, second, more.pop("owner", 1), kind, part, *modes, **more)


def found(made, conflicts, compounds=(), **more):
    """The findings that do not inform only, as codes with their first lines."""
    observation = Observation(tuple(conflicts), tuple(compounds), watched=("app",), **more)
    return judge(observation, FOLDER, Sources({FILE: made.lines}))


def codes(findings, *, notes=False):
    return [
        (f.rule.code, f.location.line)
        for f in findings
        if notes or f.rule.severity is not Severity.NOTE
    ]


COUNT = source("""
    def f(self):
        self.n = self.n + 1
    def g(self):
        self.n += 1
    def reset(self):
        self.n = 0
    def show(self):
        return self.n
""")
READ, WRITE = COUNT.attribute(2, R), COUNT.attribute(2, W)
UPDATE = COUNT.attribute(4, U, function="Reg.g")
RESET = COUNT.attribute(6, W, function="Reg.reset")
SHOW = COUNT.attribute(8, R, function="Reg.show")
VALUE = Compound(READ, WRITE, "value")


def test_one_lost_update_is_one_finding():
    conflicts = [
        conflict(READ, WRITE),
        conflict(WRITE, READ),
        conflict(WRITE, WRITE),
    ]
    assert codes(found(COUNT, conflicts, [VALUE]), notes=True) == [("UG401", 2)]


def test_what_it_is_called_and_said():
    lock = "self._lock, taken at /project/app/reg.py:5"
    stack = (Site(FILE, 2, "f"), Site("/project/main.py", 9, "main"))
    conflicts = [conflict(side(READ, "worker", stack=stack), side(RESET, "cleaner", lock))]
    (finding,) = found(COUNT, conflicts, [VALUE])
    assert finding.subject == "Reg.n"
    assert "`self.n` of `Reg` is read and written back at app/reg.py:2" in finding.message
    assert "Thread cleaner held `self._lock` (taken at app/reg.py:5), the other none." in (
        finding.message
    )
    assert finding.remedy.startswith("Hold `self._lock` at app/reg.py:2 too")
    first, second = finding.sides
    assert [(line.number, line.marked) for line in first.lines] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert [str(step) for step in first.calls] == ["main.py:9 in main"]
    assert "holding self._lock" in second.title
    assert second.function == "Reg.reset"
    assert [str(step.location) for step in finding.steps] == [
        "app/reg.py:2",
        "main.py:9",
        "app/reg.py:6",
    ]


def test_the_lock_that_only_the_acting_side_holds():
    (finding,) = found(COUNT, [conflict(side(UPDATE, "one", "self._lock, taken at x.py:1"), RESET)])
    assert finding.remedy == "Hold `self._lock` at app/reg.py:6 too, as app/reg.py:4 does."


@pytest.mark.parametrize(
    ("locks", "says"), [(("a", "b"), "Hold one lock on both sides"), (("a", "a"), "of its own")]
)
def test_two_locks_are_none(locks, says):
    conflicts = [conflict(side(UPDATE, "x", locks[0]), side(UPDATE, "y", locks[1]))]
    assert says in found(COUNT, conflicts)[0].remedy


def test_a_write_into_an_update():
    assert codes(found(COUNT, [conflict(UPDATE, RESET)])) == [("UG401", 4)]


def test_a_reading_of_what_is_updated_is_information():
    assert codes(found(COUNT, [conflict(UPDATE, SHOW)]), notes=True) == [("UG408", 4)]


def test_two_updates_and_what_lies_between_them():
    conflicts = [conflict(UPDATE, UPDATE), conflict(WRITE, WRITE), conflict(WRITE, UPDATE)]
    assert codes(found(COUNT, conflicts, [VALUE])) == [("UG401", 2), ("UG401", 4)]


CHECK = source("""
    def f(self):
        if k not in d:
            d[k] = 1
        if k in d:
            return d[k]
        if len(d) < 3:
            d[k] = 2
    def g(self):
        d[k] = 3
        del d[k]
        d.pop(k)
        d.setdefault(k, 1)
        d.get(k)
""")
MISSING, MAKE = CHECK.touch(2, "k not in d", "member", R), CHECK.item(3, W)
THERE, USE = CHECK.touch(4, "k in d", "member", R), CHECK.item(5, R)
LENGTH, ADD = CHECK.touch(6, "d", "whole", R), CHECK.item(7, W)
STORE = CHECK.item(9, W, function="Reg.g")
DELETE = CHECK.item(10, W, function="Reg.g", clears=True)
POP = CHECK.touch(11, "d.pop(k)", "item", R, "pop", "Reg.g")
DEFAULT = CHECK.touch(12, "d.setdefault(k, 1)", "item", R, "setdefault", "Reg.g")
GET = CHECK.touch(13, "d.get(k)", "item", R, "get", "Reg.g")
MAKES = Compound(MISSING, MAKE, "check")
USES = Compound(THERE, USE, "check")


def in_dict(first, second, part="item", **more):
    return conflict(first, second, part, "dict", **more)


def test_a_check_and_an_act_on_a_key():
    conflicts = [in_dict(MISSING, MAKE), in_dict(MAKE, MAKE), in_dict(MAKE, MAKE, "structure")]
    (finding,) = found(CHECK, conflicts, [MAKES])
    assert codes([finding]) == [("UG402", 2)]
    assert finding.subject == "d[k]"
    assert finding.remedy.startswith("`d.setdefault(…)`")
    assert [line.number for line in finding.sides[0].lines if line.marked] == [2, 3]


@pytest.mark.parametrize("write", [STORE, DELETE, side(POP, "two")])
def test_any_write_breaks_a_check_whose_act_writes(write):
    modes = {"modes": (R, W)}
    assert codes(found(CHECK, [in_dict(MISSING, write, **modes)], [MAKES])) == [("UG402", 2)]


@pytest.mark.parametrize(("write", "breaks"), [(DELETE, True), (POP, True), (STORE, False)])
@pytest.mark.parametrize("end", [THERE, USE])
def test_only_taking_away_breaks_a_check_whose_act_reads(write, breaks, end):
    findings = found(CHECK, [in_dict(end, write, modes=(R, W))], [USES])
    assert codes(findings) == ([("UG402", 4)] if breaks else [])


def test_threads_with_keys_of_their_own_share_no_more_than_the_structure():
    assert codes(found(CHECK, [in_dict(MAKE, MAKE, "structure")], [MAKES]), notes=True) == []


def test_a_check_of_the_length():
    compound = Compound(LENGTH, ADD, "check")
    conflicts = [in_dict(LENGTH, ADD, "structure"), in_dict(ADD, ADD, "structure")]
    assert codes(found(CHECK, conflicts, [compound])) == [("UG402", 6)]
    assert codes(found(CHECK, [in_dict(ADD, ADD)], [compound])) == [("UG407", 7)]


def test_single_operations_of_containers_are_fine():
    conflicts = [
        in_dict(STORE, GET),
        in_dict(DEFAULT, DEFAULT, modes=(W, W)),
        in_dict(DEFAULT, POP, "structure", modes=(W, W)),
        in_dict(POP, POP, modes=(W, W)),
    ]
    assert codes(found(CHECK, conflicts), notes=True) == []


def test_two_stores_under_one_key():
    assert codes(found(CHECK, [in_dict(STORE, MAKE)])) == [("UG407", 9)]


LOCKED = source("""
    def f(self):
        if self.n is None:
            with lock:
                if self.n is None:
                    self.n = make()
        return self.n
    def g(self):
        self.n = None
""")
OUTER, INNER = LOCKED.attribute(2, R), LOCKED.attribute(4, R)
ONCE, RESULT = LOCKED.attribute(5, W), LOCKED.attribute(6, R)
FORGET = LOCKED.attribute(8, W, function="Reg.g", clears=True)
TWICE = [Compound(INNER, ONCE, "check"), Compound(OUTER, ONCE, "check")]


def test_double_checked_locking_is_right():
    conflicts = [conflict(OUTER, ONCE), conflict(RESULT, ONCE)]
    assert codes(found(LOCKED, conflicts, TWICE)) == []


def test_an_inner_check_that_is_no_better_is_none():
    conflicts = [conflict(OUTER, ONCE), conflict(INNER, ONCE), conflict(ONCE, ONCE)]
    assert codes(found(LOCKED, conflicts, TWICE)) == [("UG403", 2)]


def test_what_is_forgotten_between_check_and_use():
    compounds = [Compound(OUTER, RESULT, "check")]
    assert codes(found(LOCKED, [conflict(RESULT, FORGET)], compounds)) == [("UG402", 2)]


LAZY = """
    def f(self):
        {check}
            self.n = make()
    def g(self):
        self.n = 5
"""


@pytest.mark.parametrize(
    ("check", "text", "code"),
    [
        ("if self.n is None:", "self.n", "UG403"),
        ("if not self.n:", "self.n", "UG403"),
        ("if not hasattr(self, 'n'):", "self", "UG403"),
        ("x = self.n; \n        if x is None:", "self.n", "UG403"),
        ("if self.n == 'idle':", "self.n", "UG402"),
        ("if self.n < 5:", "self.n", "UG402"),
    ],
)
def test_what_is_made_once_is_more_than_a_check(check, text, code):
    made = source(LAZY.format(check=check))
    line = next(n for n, one in enumerate(made.lines, 1) if "make()" in one)
    read = made.touch(2, text, "attribute", R, "n")
    act = made.attribute(line, W)
    compounds = [Compound(read, act, "check")]
    assert codes(found(made, [conflict(read, act)], compounds)) == [(code, 2)]
    other = made.attribute(line + 2, W, function="Reg.g")
    assert codes(found(made, [conflict(read, other)], compounds)) == [("UG402", 2)]


CALLS = """
    def f(self):
        if {check}:
            {then}
        self.before()
        {behind}
    def make(self):
        self.n = 5
"""


@pytest.mark.parametrize(
    ("check", "then", "behind", "call", "code"),
    [
        ("self.n is None", "self.make()", "pass", 3, "UG403"),
        ("self.n == 1", "self.make()", "pass", 3, "UG402"),
        ("self.n == 1", "return", "self.make()", 5, "UG402"),
        ("self.n == 1", "pass", "self.make()", 5, ""),
    ],
)
def test_a_check_that_leads_to_a_call(check, then, behind, call, code):
    made = source(CALLS.format(check=check, then=then, behind=behind))
    read, act = made.attribute(2, R), made.attribute(7, W, function="Reg.make")
    inner = made.attribute(7, R, text="self.n", function="Reg.make")
    stack = (Site(FILE, call, "Reg.f"), Site(FILE, 1, "Reg.above"))
    one, another = side(read, "one"), side(act, "two", stack=stack)
    findings = found(made, [conflict(one, another)])
    assert codes(findings) == ([(code, 2)] if code else [])
    assert all(f"from app/reg.py:2 to line {call}" in one.remedy for one in findings if code)
    locked = side(act, "two", "lock", stack=stack)
    again = [Compound(inner, act, "check")]
    assert codes(found(made, [conflict(one, locked)], again)) == []


def test_a_flag_that_is_lowered_takes_nothing_away():
    made = source("""
        def f(self):
            while self.n:
                if self.n: work()
        def stop(self):
            self.n = False
    """)
    first, again = made.attribute(2, R), made.attribute(3, R)
    stop = made.attribute(5, W, function="Reg.stop", clears=True)
    conflicts = [conflict(first, stop), conflict(again, stop)]
    assert codes(found(made, conflicts, [Compound(first, again, "check")])) == []


def test_what_is_made_empty_is_made():
    made = source("""
        def f(self):
            if self.n is None:
                self.n = {}
    """)
    read, act = made.attribute(2, R), made.attribute(3, W, clears=True)
    conflicts = [conflict(read, act)]
    assert codes(found(made, conflicts, [Compound(read, act, "check")])) == [("UG403", 2)]


def test_a_property_that_keeps_what_it_has_made():
    findings = found(COUNT, [conflict(SHOW, SHOW, modes=(U, R))])
    assert codes(findings) == [("UG403", 8)]


POINT = source("""
    def move(self):
        self.x = 1
        self.y = 2
    def where(self):
        return self.x, self.y
    def __init__(self):
        self.x = self.y = 0
""")


def fields(line, function):
    return [
        conflict(
            side(POINT.attribute(line + (name == "y" and line == 2), W, f"self.{name}",
                                 function=function), "one"),
            side(POINT.attribute(5, R, f"self.{name}", function="P.where"), "two"),
            kind="P",
        )
        for name in "xy"
    ]  # fmt: skip


def test_values_that_belong_together():
    (finding,) = found(POINT, fields(2, "P.move"))
    assert codes([finding]) == [("UG404", 2)]
    assert finding.subject == "P: x, y"
    assert [line.number for line in finding.sides[0].lines if line.marked] == [2, 3]


def test_one_value_belongs_to_no_other():
    assert codes(found(POINT, fields(2, "P.move")[:1]), notes=True) == [("UG408", 2)]


def test_nobody_else_has_an_object_that_is_being_made():
    findings = found(POINT, fields(7, "P.__init__"))
    assert codes(findings) == []
    assert len(findings) == 2


def test_attributes_of_a_module_that_belong_together():
    conflicts = [
        dataclasses.replace(one, part="variable", kind="module p") for one in fields(2, "P.move")
    ]
    assert codes(found(POINT, conflicts)) == [("UG404", 2)]


LOOP = source("""
    def f(self):
        for one in self.items:
            print(one)
    def g(self):
        self.items.append(1)
        self.items[0] = 2
    def __init__(self):
        self.items = list(x)
""")
EACH = LOOP.touch(2, "self.items", "iterate", R)
APPEND = LOOP.touch(5, "self.items.append(1)", "method", R, "append", "Reg.g")
PUT = LOOP.item(6, W, "self.items[0]", function="Reg.g")


def test_a_container_that_changes_while_somebody_goes_through_it():
    (finding,) = found(
        LOOP,
        [conflict(APPEND, EACH, "structure", "list", modes=(W, R), iterates=(False, True))],
    )
    assert codes([finding]) == [("UG405", 2)]
    assert finding.subject == "Reg.items"
    assert finding.remedy.startswith("Go through `self.items.copy()`")


@pytest.mark.parametrize(
    ("part", "iterates"), [("item", (False, True)), ("structure", (False, False))]
)
def test_a_container_that_only_holds_other_values(part, iterates):
    conflicts = [conflict(APPEND, EACH, part, "list", modes=(W, R), iterates=iterates)]
    assert codes(found(LOOP, conflicts), notes=True) == []


@pytest.mark.parametrize(("kind", "says"), [("generator", "ValueError"), ("zip", "same item")])
def test_a_shared_iterator(kind, says):
    (finding,) = found(LOOP, [conflict(EACH, EACH, "iterator", kind, modes=(U, U))])
    assert codes([finding]) == [("UG406", 2)]
    assert says in finding.message


def test_scratch_state():
    (finding,) = found(COUNT, [conflict(RESET, RESET)])
    assert codes([finding]) == [("UG407", 6)]
    assert "threading.local()" in finding.remedy


def test_a_read_of_what_belongs_to_a_worse_finding_is_still_information():
    findings = found(COUNT, [conflict(WRITE, WRITE), conflict(SHOW, WRITE)], [VALUE])
    assert codes(findings, notes=True) == [("UG401", 2), ("UG408", 8)]


@pytest.mark.parametrize(
    ("kind", "part", "subject"),
    [
        ("module shop.cart", "variable", "shop.cart.n"),
        ("module /project/shop/cart.py", "variable", "shop.cart.n"),
        ("module /elsewhere/cart.py", "variable", "cart.n"),
        ("function", "variable", "n"),
    ],
)
def test_variables(kind, part, subject):
    made = source("n = 1")
    write = made.touch(1, "n", "storing", W, "n")
    assert found(made, [conflict(write, write, part, kind)])[0].subject == subject


def test_locks_in_a_circle():
    steps = (
        ("a", "b", Site(FILE, 1, ""), Site(FILE, 2, "")),
        ("b", "a", Site(FILE, 5, ""), Site(FILE, 6, "")),
    )
    (finding,) = found(COUNT, [], cycles=(Cycle(steps, ("one", "two")),))
    assert codes([finding]) == [("UG409", 2)]
    assert "`a` before `b`" in finding.remedy
    assert "app/reg.py:6" in finding.remedy
    assert len(finding.sides) == 2


def test_waiting_with_a_lock_is_told_once():
    blocked = Blocked(Site(FILE, 2, "self.n"), "time.sleep", ("lock, taken at /project/a.py:1",))
    (finding,) = found(COUNT, [], blocked=(blocked, blocked))
    assert (finding.rule.code, finding.count) == ("UG410", 2)
    assert "`lock` (taken at a.py:1)" in finding.message


def test_what_was_not_watched():
    findings = found(COUNT, [], unwatched=("requests",), problems=("It was long.",),
                     unsafe_tests=(("test_a", "it uses capsys"),))  # fmt: skip
    assert [(f.rule.code, f.subject) for f in findings] == [
        ("UG411", "other packages"),
        ("UG411", "test_a"),
        ("UG411", "the watch"),
    ]


def test_nothing_was_watched():
    (finding,) = judge(Observation(), FOLDER)
    assert finding.rule.severity is Severity.UNKNOWN
    assert "nothing is known" in closing(Observation(), [finding], stdlib=False)


def test_the_last_line():
    observation = Observation(watched=("app", "app.a", "tests.b"), unwatched=("requests", "six"))
    line = closing(observation, judge(observation, FOLDER), stdlib=False)
    assert line == (
        "Nothing found in what was watched: 2 modules of app, 1 module of tests. "
        "Not watched: requests, six, the standard library, code in C."
    )
    races = found(COUNT, [conflict(UPDATE, UPDATE)])
    assert closing(observation, races, stdlib=True) == (
        "Watched: 2 modules of app, 1 module of tests. Not watched: requests, six, code in C."
    )


def test_a_source_that_has_changed_since_is_not_shown():
    (finding,) = judge(
        Observation((conflict(UPDATE, UPDATE),)),
        FOLDER,
        Sources({FILE: ["something", "else"]}),
    )[:1]
    assert [(line.number, line.text) for line in finding.sides[0].lines] == [(4, "self.n")]


@pytest.mark.parametrize(
    ("comment", "ignored"),
    [
        ("# ungil: benign - a statistic", "a statistic"),
        ("#ungil:benign – a statistic", "a statistic"),
        ("# noqa # ungil: benign: a statistic", "a statistic"),
        ("# ungil: benign", None),
        ("# ungil: benign -", None),
        ("# ungil: benignant - a statistic", None),
    ],
)
@pytest.mark.parametrize("own_line", [False, True])
def test_a_race_that_the_source_speaks_for(comment, ignored, own_line):
    lines = ["def f(self):", "    self.n += 1"]
    lines[1:] = [f"    {comment}", lines[1]] if own_line else [f"{lines[1]}  {comment}"]
    made = Made(lines)
    update = made.attribute(len(lines), U)
    (finding,), notes = suppressed(found(made, [conflict(update, update)]))
    assert finding.ignored == ignored
    assert bool(notes) is (ignored is None and "benignant" not in comment)


def test_a_comment_beside_the_lines_does_not_count():
    made = source("""
        def f(self):
            self.n += 1
            x = 1  # ungil: benign - something else
    """)
    update = made.attribute(2, U)
    (finding,), notes = suppressed(found(made, [conflict(update, update)]))
    assert (finding.ignored, notes) == (None, [])


texts = st.sampled_from(
    ["", "self.n", "d[k]", "k not in d", "d.get(k, 0)", "self.items.append(x)", "…", "(", "a.b …"]
) | st.text(max_size=8)
sites = st.builds(
    Site, st.sampled_from([FILE, "<string>", "", "/else/where.py"]), st.integers(-1, 12), texts
)
touches = st.builds(
    Touch,
    sites,
    st.sampled_from(
        [
            "attribute",
            "named",
            "item",
            "holding",
            "key",
            "member",
            "keyed",
            "among",
            "whole",
            "method",
            "iterate",
            "next",
            "variable",
            "storing",
            "here",
            "imported",
            "dying",
            "cached_property",
        ]
    )
    | texts,
    st.sampled_from(Mode),
    st.sampled_from(["", "n", "get", "pop", "append"]),
    st.sampled_from(["", "Reg.f", "f.<locals>.g", "Reg.__init__"]),
    st.just(()),
    st.booleans(),
)
locks = st.lists(st.sampled_from(["", "lock", "lock, taken at /project/a.py:1", ", taken at "]))
sides = st.builds(Side, touches, texts, locks.map(tuple), st.lists(sites, max_size=2).map(tuple))
kinds = st.sampled_from(["", "dict", "list", "Reg", "module a.b", "function", "generator"])


@st.composite
def observations(draw):
    some = draw(st.lists(sides, min_size=1, max_size=4))
    one = st.sampled_from(some)
    touch = one.map(lambda each: each.touch) | touches
    modes = st.sampled_from(Mode)
    conflicts = st.builds(
        Conflict,
        one,
        one,
        st.integers(0, 2),
        kinds,
        st.sampled_from(["attribute", "item", "structure", "variable", "iterator", "new"]),
        modes,
        modes,
        st.tuples(st.booleans(), st.booleans()),
        st.integers(0, 3),
    )
    compounds = st.builds(
        Compound, touch, touch, st.sampled_from(["check", "value", "stack", "new"])
    )
    steps = st.lists(st.tuples(texts, texts, sites, sites), max_size=3).map(tuple)
    return Observation(
        draw(st.lists(conflicts, max_size=6).map(tuple)),
        draw(st.lists(compounds, max_size=5).map(tuple)),
        draw(st.lists(st.builds(Cycle, steps, st.lists(texts).map(tuple)), max_size=1).map(tuple)),
        draw(st.lists(st.builds(Blocked, sites, texts, locks.map(tuple)), max_size=2).map(tuple)),
        *(draw(st.lists(texts, max_size=2).map(tuple)) for _ in range(3)),
        draw(st.lists(st.tuples(texts, texts), max_size=2).map(tuple)),
    )


@settings(max_examples=60, deadline=None)
@given(observations(), st.lists(st.sampled_from(["", "self.n = d[k]", "\tif self.n is None:"])))
def test_whatever_was_seen_can_be_judged(observation, lines):
    findings = judge(observation, FOLDER, Sources({FILE: lines}))
    for finding in findings:
        assert finding.message
        assert finding.remedy
        assert finding.subject
    ranks = [f.rule.severity.rank for f in findings]
    assert ranks == sorted(ranks)
    suppressed(findings)
    closing(observation, findings, stdlib=False)


@settings(max_examples=30, deadline=None)
@given(observations(), st.randoms())
def test_the_order_of_what_was_seen_does_not_matter(observation, random):
    turned = list(observation.conflicts)
    random.shuffle(turned)
    other = dataclasses.replace(observation, conflicts=tuple(turned))
    assert {f.rule.code for f in judge(other, FOLDER)} == {
        f.rule.code for f in judge(observation, FOLDER)
    }
