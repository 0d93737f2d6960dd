"""Exploring from within a program: a test that is decorated, and what workers make of it."""

import os

import pytest

import ungil.races
from races.under_control import Project

pytest.importorskip("ungil.races._native._core", reason="exploring needs the native core")

SHARED = """
    import threading

    def together(*functions):
        threads = [threading.Thread(target=one) for one in functions]
        for one in threads: one.start()
        for one in threads: one.join()

    class Counter:
        def __init__(self):
            self.n = 0
            self.lock = threading.Lock()

        def add(self, by=1):
            self.n += by

        def add_locked(self, by=1):
            with self.lock: self.n += by
"""

DECORATED = """
    import threading

    import pytest
    import ungil.races
    from hypothesis import given, settings, strategies as st
    from shared import Counter, together

    calls = []

    @pytest.fixture
    def counter():
        return Counter()

    @ungil.races.explore(schedules=50)
    def test_racy():
        '''It says what it does.'''
        calls.append("racy")
        counter = Counter()
        together(counter.add, counter.add)
        if counter.n != 2: raise ValueError(f"{counter.n} of 2")

    @pytest.mark.parametrize("times", [1, 2])
    @ungil.races.explore(schedules=20, strategy="random")
    def test_right(counter, times):
        before = counter.n
        together(*[counter.add_locked] * times)
        assert counter.n == before + times

    @ungil.races.explore(strategy="dpor")
    def test_deadlock():
        a, b = threading.Lock(), threading.Lock()

        def one():
            with a:
                with b: pass

        def other():
            with b:
                with a: pass

        together(one, other)

    @settings(deadline=None, database=None, max_examples=20)
    @given(st.integers(0, 9), st.integers(0, 9))
    @ungil.races.explore(schedules=20, strategy="pos")
    def test_examples(first, second):
        counter = Counter()
        together(lambda: counter.add(first), lambda: counter.add(second))
        assert counter.n == first + second or first < 3

    def test_its_name():
        assert (test_racy.__name__, test_racy.__doc__) == ("test_racy", "It says what it does.")
"""


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path, shared=SHARED, test_it=DECORATED)


def test_a_decorated_test_raises_its_own_error(project):
    done = project.pytest("-k", "racy")
    assert "1 failed" in done.stdout
    assert "ValueError: 1 of 2" in done.stdout
    lines = [one.split(maxsplit=1)[1] for one in done.stdout.splitlines() if one[:1] == "E"]
    at = next(n for n, one in enumerate(lines) if one.startswith("in schedule "))
    assert [one.split(": ", 1)[1] for one in lines[at:] if "self.n" in one] == [
        f"shared.py:14  self.n  ({half})" for half in ("reads", "reads", "writes", "writes")
    ]


def test_fixtures_and_arguments(project):
    assert "3 passed" in project.pytest("-k", "right or name").stdout


def test_a_deadlock(project):
    done = project.pytest("-k", "deadlock")
    assert "ScheduleFails: deadlock: " in done.stdout
    assert "(waits for a lock)" in done.stdout


def test_the_smallest_example_is_found(project):
    done = project.pytest("-k", "examples")
    assert "first=3," in done.stdout
    assert "second=0," in done.stdout
    assert "in schedule " in done.stdout


def test_it_is_a_plain_test_where_somebody_else_is_in_control(project):
    done = project.pytest("-k", "racy", "--ungil-explore")
    assert "It fails in schedule" in done.stdout
    assert done.stdout.count("MainThread  ") == 1
    watched = project.run("ungil", "race", "--confirm", "0", "-m", "pytest", "-k", "racy")
    assert "UG401" in watched.stderr
    assert "1 passed" in watched.stdout


class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1

    def double(self):
        self.n *= 2


def _explored(*workers, setup=Counter, **options):
    return ungil.races.explore(setup=setup, workers=workers, strategy="dpor", **options)


def test_an_outcome_that_no_order_gives():
    failure = _explored(Counter.add, Counter.double, outcome=lambda it: it.n).failure
    assert failure.text.endswith(": no order of the workers gives 0, but 2, 1")
    assert {one.thread for one in failure.steps} >= {"add 1", "double 2"}


def test_outcomes_that_some_order_gives():
    appended = [lambda log: log.append(1), lambda log: log.append(2), lambda log: log.append(3)]
    found = _explored(*appended, setup=list, outcome=tuple)
    assert (found.failure, found.complete) == (None, True)


def test_an_order_that_fails_allows_nothing():
    def takes(box):
        if not box:
            raise LookupError("nothing is left")
        box.pop()

    failure = _explored(takes, takes, setup=lambda: [1], outcome=len).failure
    assert "LookupError: nothing is left" in failure.text


def test_an_invariant_comes_first():
    workers = Counter.add, Counter.add
    found = _explored(*workers, invariant=lambda it: it.n == 2, outcome=lambda it: it.n)
    assert "the invariant does not hold" in found.failure.text


def test_too_many_workers():
    with pytest.raises(ValueError, match="all orders of more than 6 workers"):
        _explored(*[Counter.add] * 7, outcome=lambda it: it.n)
    assert _explored(*[Counter.add] * 2, outcome=lambda it: it.n).failure is not None


@pytest.mark.parametrize("option", [{"strategy": "fast"}, {"carrier": "boats"}])
def test_what_there_is_not(option):
    @ungil.races.explore(**option)
    def test():
        pass

    with pytest.raises(ValueError, match=r"no (strategy|carrier) '(fast|boats)'; there are"):
        test()


def test_a_failed_assertion_is_explained(project):
    project.write(
        "test_it.py",
        """
        import ungil.races
        from shared import Counter, together

        @ungil.races.explore(schedules=50)
        def test_racy():
            counter = Counter()
            together(counter.add, counter.add)
            assert counter.n == 2, "lost"
        """,
    )
    done = project.pytest()
    assert "AssertionError: lost" in done.stdout
    assert "assert 1 == 2" in done.stdout
    assert "+  where 1 = <shared.Counter object at" in done.stdout
    assert "in schedule " in done.stdout


def test_exploring_again_registers_nothing_more(monkeypatch):
    ungil.races.explore(lambda: None)
    calls = []
    monkeypatch.setattr(os, "register_at_fork", lambda **functions: calls.append(functions))
    ungil.races.explore(lambda: None)
    assert calls == []


HANGING = """
    import os, sys, threading
    import hanging, ungil.races
    from shared import Counter, together

    def computes():
        counter = Counter()
        def waits():
            while counter.n == 0: counter.n
            while True: pass
        together(counter.add, waits)

    def waits():
        r, w = os.pipe()
        together(lambda: os.read(r, 1))

    def main_computes():
        together(lambda: None)
        while True: pass

    def decorated():
        ungil.races.explore(patience=3)(main_computes)()

    if __name__ == "__main__":
        for test in (hanging.computes, hanging.waits, hanging.main_computes):
            for carrier in ("greenlets", "threads"):
                try: ungil.races.explore(test, carrier=carrier, patience=2)
                except RuntimeError as error: print(str(error).partition(". It ")[0])
        found = ungil.races.explore(lambda: None)
        print(found.failure, threading.active_count())
        try: hanging.decorated()
        except RuntimeError as error: print(str(error).partition(". It ")[0])
"""


def test_what_comes_to_no_end_is_given_up(project):
    project.write("hanging.py", HANGING)
    done = project.run("hanging")
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    file = str(project.folder / "hanging.py")
    computes, waits, main = (f"last seen in {file}:{line} (" for line in (9, 14, 18))
    for said, place in zip(
        lines, [computes] * 2 + [waits] * 2 + [main] * 2 + ["None 1"] + [main], strict=True
    ):
        assert place in said


STRESSED = """
    import os, sys, threading, time
    import stressed, ungil.races
    from shared import Counter, together

    class Slow(Counter):
        def add(self):
            n = self.n
            time.sleep(0.01)
            self.n = n + 1

    class Odd(Exception):
        def __init__(self, one, other): super().__init__(one)

    def adds():
        counter = Slow()
        together(counter.add, counter.add)
        if counter.n != 2: raise LookupError(counter.n)

    def odd():
        together(lambda: None)
        raise Odd(1, 2)

    def hangs():
        together(threading.Event().wait)

    def ends():
        os._exit(7)

    if __name__ == "__main__":
        explore = ungil.races.explore
        for test in (stressed.adds, stressed.odd, stressed.hangs, stressed.ends):
            found = explore(test, strategy="stress", patience=3)
            print(found.failure.kind, found.failure.text, repr(found.failure.error))
        adds = [Slow.add, Slow.add]
        for workers in (adds, [Slow.add_locked] * 2):
            found = explore(
                setup=Slow, workers=workers, outcome=lambda counter: counter.n,
                strategy="stress", schedules=20,
            )
            print(found.executions, found.failure and found.failure.text)
        for test in (stressed.adds, stressed.odd):
            try: explore(strategy="stress")(test)()
            except Exception as error:
                print(repr(error))
                print(error.__notes__[0].splitlines()[0], error.__notes__[-1])
        print(threading.active_count())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be copied")
def test_stress(project):
    project.write("stressed.py", STRESSED)
    done = project.run("stressed")
    assert done.stderr == ""
    place = "MainThread at shared.py:6 (together); Thread-1 (wait) at"
    lines = done.stdout.splitlines()
    hung = lines.pop(2)
    assert hung.startswith(f"deadlock {place}")
    assert lines == [
        "failed LookupError: 1 LookupError(1)",
        "failed stressed.Odd: 1 None",
        "failed the process of the test ended and said nothing None",
        "1 AssertionError: no order of the workers gives 1, but 2",
        "20 None",
        "LookupError(1)",
        f'  File "{project.folder / "stressed.py"}", line 17, in adds in trial 1',
        "ScheduleFails('failed: stressed.Odd: 1')",
        "in trial 1 in trial 1",
        "1",
    ]
