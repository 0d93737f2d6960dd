"""What is advised, of samples that were made up for it."""

from dataclasses import replace
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.results import BUILDS, FORCED, FREE, GIL, STEADY, result, sample, steady
from ungil.bench.advice import advise
from ungil.bench.choice import WORTH
from ungil.bench.estimates import share
from ungil.bench.model import ARMS, Cell, Series
from ungil.bench.profile import Pickling, Profile

COMPUTES = Profile(64, 1.0, 1.0, mean=1 / 64, longest=0.02, looks=250, held=250)
WAITS = Profile(64, 1.0, 0.05, mean=1 / 64, longest=0.02)
NATIVE = Profile(64, 1.0, 1.0, mean=1 / 64, longest=0.02, looks=250, held=10)

SERIAL = {
    ("3.14", "serial", 1): 1.0,
    ("3.14t", "serial", 1): 1.06,
    ("3.14t gil=1", "serial", 1): 1.06,
}
NOTHING = {
    **SERIAL,
    ("3.14", "threads", 2): 1.02,
    ("3.14t", "threads", 2): 1.02,
    ("3.14", "processes", 2): 1.02,
}


def with_profile(profile, *labels):
    return dict.fromkeys(labels or ("3.14",), profile)


def test_threads_on_a_free_threaded_build_where_they_win():
    measured = result({**NOTHING, ("3.14t", "threads", 2): 0.55, ("3.14", "processes", 2): 0.7})
    advice = advise(measured, with_profile(COMPUTES))
    assert (advice.choice, advice.cell) == ("threads", Cell("3.14t", "threads", 2))
    assert advice.answer == (
        "threads on a free-threaded build: 2 threads on 3.14t, "
        "1.82 (1.82–1.82) times as fast as in serial"
    )
    assert "2 processes on 3.14: 1.43 (1.43–1.43) times as fast as that" in advice.reasons
    assert "in serial 3.14t takes 1.06 (1.06–1.06) times as long as 3.14" in advice.reasons
    assert "of its processor time 100% holds the GIL (98%–100%; 3.14, 250 looks)" in advice.reasons


def test_a_tie_goes_to_the_simpler_and_is_called_a_tie():
    advice = advise(
        result({**NOTHING, ("3.14t", "threads", 2): 0.55, ("3.14", "processes", 2): 0.55}), {}
    )
    assert advice.cell == Cell("3.14t", "threads", 2)
    assert (
        "a tie, as far as can be told: 2 processes on 3.14; 2 threads on 3.14t are the simplest"
        in advice.reasons
    )


def test_processes_where_threads_have_nothing_without_a_gil():
    own = {key: seconds for key, seconds in NOTHING.items() if key[0] == "3.14"}
    measured = result({**own, ("3.14", "processes", 2): 0.6})
    advice = advise(measured, with_profile(COMPUTES))
    assert advice.cell == Cell("3.14", "processes", 2)
    assert any(
        "at most (an estimate by Amdahl's law for 2 processors" in one
        and "2.0 times" in one
        and "`ungil python install`" in one
        for one in advice.unless
    )


def test_what_holds_the_gil_little_is_promised_little_of_a_build_without():
    own = {key: seconds for key, seconds in NOTHING.items() if key[0] == "3.14"}
    measured = result({**own, ("3.14", "threads", 2): 0.6})
    advice = advise(measured, with_profile(NATIVE))
    assert advice.answer.startswith("threads on a GIL-enabled build: 2 threads on 3.14")
    assert not any("could be" in one for one in advice.unless)


def test_a_gil_enabled_build_is_preferred_where_it_is_as_good():
    advice = advise(
        result({**NOTHING, ("3.14", "threads", 2): 0.55, ("3.14t", "threads", 2): 0.55}), {}
    )
    assert advice.cell == Cell("3.14", "threads", 2)


def test_asyncio_where_everything_waits():
    waiting = {
        **SERIAL,
        ("3.14", "threads", 32): 0.1,
        ("3.14t", "threads", 32): 0.1,
        ("3.14", "asyncio", 1): 0.03,
    }
    advice = advise(result(waiting), with_profile(WAITS))
    assert advice.cell == Cell("3.14", "asyncio", 1)
    assert "for 95% of the time it waits (3.14, one pass)" in advice.reasons
    waiting[("3.14", "asyncio", 1)] = 0.1
    assert advise(result(waiting), with_profile(WAITS)).cell == Cell("3.14", "threads", 32)
    # Who computes is not told to use more threads than there are processors.
    assert advise(result(waiting), with_profile(COMPUTES)).cell == Cell("3.14", "asyncio", 1)


def test_what_waits_and_is_no_coroutine_function_could_be_one():
    waiting = {**SERIAL, ("3.14", "threads", 32): 0.1}
    assert any("asyncio" in one for one in advise(result(waiting), with_profile(WAITS)).unless)
    assert not any("asyncio" in one for one in advise(result(waiting), {}).unless)


@pytest.mark.parametrize(
    ("busy", "others", "choice"),
    [
        (1.9, {}, "native"),
        (1.9, {("3.14t", "threads", 2): 1.3}, "native"),
        (1.0, {}, "serial"),
        (1.9, {("3.14", "processes", 2): 0.6}, "processes"),
    ],
)
def test_a_library_that_has_threads_of_its_own_is_left_alone(busy, others, choice):
    serial = Cell("3.14", "serial", 1)
    cells = {**NOTHING, **others, tuple_of(serial): steady(serial, 1.0, cpu=busy)}
    assert advise(result(cells), with_profile(COMPUTES)).choice == choice


def tuple_of(cell):
    return cell.build, cell.arm, cell.workers


def test_what_seldom_holds_the_gil_and_wins_nothing_is_left_to_the_library():
    assert advise(result(NOTHING), with_profile(NATIVE)).choice == "native"
    assert advise(result(NOTHING), with_profile(COMPUTES)).choice == "serial"


@pytest.mark.parametrize("busy", [0.5, 4.0])
def test_threads_that_hold_each_other_up(busy):
    """They wait for each other, or take more processor time than processes do."""
    threads = Cell("3.14t", "threads", 2)
    cells = {
        **SERIAL,
        tuple_of(threads): steady(threads, 1.5, gil=False, cpu=busy),
        ("3.14t", "processes", 2): 1.02,
    }
    advice = advise(result(cells), with_profile(COMPUTES))
    assert (advice.choice, advice.cell) == ("contention", threads)
    assert advice.answer == "first fix this contention: 2 threads on 3.14t hold each other up"
    assert any("--diagnose" in one for one in advice.unless)
    # Processes that win can be used today.
    cells["3.14t", "processes", 2] = 0.6
    advice = advise(result(cells), with_profile(COMPUTES))
    assert advice.choice == "processes"
    assert any("--diagnose" in one for one in advice.unless)


def test_threads_under_a_gil_are_no_contention():
    threads = Cell("3.14t", "threads", 2)
    cells = {**NOTHING, tuple_of(threads): steady(threads, 1.5, gil=True, cpu=0.5)}
    profiles = {
        "3.14t": Profile(64, 1.0, 1.0, switch="app.native", untold="the GIL is off"),
    }
    advice = advise(result(cells), profiles)
    assert advice.choice == "serial"
    assert "on 3.14t the GIL was switched on: app.native" in advice.reasons
    assert any(one.startswith("nothing that it imports") for one in advice.unless)


def test_an_arm_that_failed_or_is_wrong_is_not_advised():
    threads, processes = Cell("3.14t", "threads", 2), Cell("3.14", "processes", 2)
    why = "it cannot be sent to another process: no"
    cells = {
        **NOTHING,
        tuple_of(threads): steady(threads, 0.5, wrong="1 of 64 results"),
        tuple_of(processes): Series(processes, [], why, "pickle"),
    }
    advice = advise(result(cells), {})
    assert advice.choice == "serial"
    assert f"processes on 3.14 fell away: {why}" in advice.reasons
    assert any("`ungil race` finds it" in one for one in advice.unless)


def test_serial_that_is_wrong_or_failed_is_nothing_to_compare_with():
    serial = Cell("3.14", "serial", 1)
    for series in (Series(serial, [], "it did not end", "limit"), steady(serial, 1.0, wrong="no")):
        advice = advise(result([series, steady(Cell("3.14", "processes", 2), 0.5)]), {})
        assert advice.choice == "unknown"
        assert any(text in advice.answer for text in ("it did not end", "no"))


def test_what_always_fails_is_nothing_to_compare_with():
    series = [steady(Cell(*key), 0.5, failed=64, failure="item 0: KeyError: 1") for key in NOTHING]
    advice = advise(result(series), {})
    assert advice.answer == "could not be concluded: all items fail: item 0: KeyError: 1"


def test_a_share_that_is_not_known_is_not_told():
    unknown = Profile(64, 1.0, 1.0, mean=1 / 64, untold="this system does not tell")
    reasons = advise(result(NOTHING), with_profile(unknown)).reasons
    assert "how much of it holds the GIL is not known: this system does not tell (3.14)" in reasons


def test_what_is_too_small_stays_serial():
    small = dict.fromkeys(NOTHING, 0.003)
    assert advise(result(small), {}).answer == "stay serial: it is too small"


def test_one_item_cannot_be_divided():
    series = [steady(Cell(*key), 1.0, items=1) for key in NOTHING]
    assert (
        advise(result(series), {}).answer == "stay serial: it is one item, which cannot be divided"
    )


def test_workers_that_take_longer_to_start_than_they_save():
    processes = Cell("3.14", "processes", 2)
    cells = {**NOTHING, tuple_of(processes): steady(processes, 0.6, start=0.5)}
    advice = advise(result(cells), with_profile(COMPUTES))
    assert advice.answer == "stay serial: to start workers takes as long as they save"
    assert (
        "its workers are kept ready for more such work: then 2 processes on 3.14 are "
        "1.67 (1.67–1.67) times as fast" in advice.unless
    )


def test_pickling_that_costs_more_than_processes_lack():
    cells = {**NOTHING, ("3.14t", "threads", 2): 0.55, ("3.14", "processes", 2): 0.75}
    sent = Pickling(10_000_000, 0.15)
    dear = Profile(64, 1.0, 1.0, looks=250, held=250, mean=0.1, given=sent, results=sent)
    assert (
        "pickling takes less than 0.1 s instead of 0.3 s: then 2 processes on 3.14 are as fast "
        "(an estimate)" in advise(result(cells), with_profile(dear)).unless
    )
    assert not any(
        "pickling" in one for one in advise(result(cells), with_profile(COMPUTES)).unless
    )


def test_noise_concludes_nothing():
    walls = (0.5, 1.4, 0.7, 1.2, 0.6, 1.3, 1.0)
    processes = Cell("3.14", "processes", 2)
    noisy = Series(processes, [sample(wall) for wall in walls])
    advice = advise(result({**NOTHING, tuple_of(processes): noisy}), {})
    assert advice.choice == "unknown"
    assert "3.14 processes 2" in advice.answer


def test_few_rounds_conclude_nothing():
    advice = advise(result({**NOTHING, ("3.14", "processes", 2): 0.5}, rounds=5), {})
    assert advice.answer == "could not be concluded: there were too few rounds"


def test_a_busy_machine_concludes_nothing():
    refusals = ["the machine is busy", "there is no second processor"]
    busy = result({**NOTHING, ("3.14t", "threads", 2): 0.5}, processors=1, refusals=refusals)
    advice = advise(busy, with_profile(COMPUTES))
    assert advice.answer == "could not be concluded: the machine is busy"
    assert "there is no second processor" in advice.reasons


def test_one_processor_tells_who_waits_and_nothing_else():
    cells = {**NOTHING, ("3.14", "threads", 32): 0.1, ("3.14", "asyncio", 1): 0.05}
    alone = result(cells, processors=1, refusals=["there is no second processor"])
    assert advise(alone, with_profile(WAITS)).choice == "asyncio"
    without = {key: seconds for key, seconds in cells.items() if key[1] != "asyncio"}
    alone = result(without, processors=1, refusals=["there is no second processor"])
    advice = advise(alone, with_profile(COMPUTES))
    assert advice.answer == "could not be concluded: there is no second processor"
    assert any("2 processors or more" in one for one in advice.unless)


def test_a_larger_machine_where_threads_scale_and_the_build_costs_too_much():
    cells = {
        **NOTHING,
        ("3.14t", "serial", 1): 1.9,
        ("3.14t", "threads", 2): 1.0,
        ("3.14t", "processes", 2): 1.0,
    }
    advice = advise(result(cells), with_profile(COMPUTES))
    assert advice.choice == "serial"
    assert (
        "there are 3 processors or more: then threads on 3.14t may be worth it (an estimate by "
        "Amdahl's law)" in advice.unless
    )


SHAPES = (
    STEADY,
    (1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.0),
    (1.1, 1.0, 0.9, 1.2, 0.8, 1.05, 0.95),
    (0.9, 1.2, 1.0, 0.8, 1.1, 0.95, 1.05),
    (0.5, 1.4, 0.7, 1.2, 0.6, 1.3, 1.0),
    (1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0),
)
"""How a cell's times change from round to round."""


@st.composite
def measured_series(draw, cell):
    middle = draw(st.one_of(st.sampled_from([0.5, 0.52, 1.0]), st.floats(0.01, 4.0)))
    problem, wrong = draw(
        st.sampled_from([("", "")] * 6 + [("it died", ""), ("", "1 of 64 results")])
    )
    start = draw(st.sampled_from([0.0, 0.001, 0.3]))
    cpu = draw(st.sampled_from([0.2, 1.0, 2.0, 4.0]))
    gil = cell.build != "3.14t" or draw(st.booleans())
    samples = [
        sample(middle * factor, start=start, cpu=middle * factor * cpu, wrong=wrong, gil=gil)
        for factor in draw(st.sampled_from([STEADY] * 6 + [*SHAPES]))
    ]
    return Series(cell, samples[:3] if problem else samples, problem)


@st.composite
def results(draw):
    builds = draw(st.sampled_from([BUILDS, (GIL,), (GIL, FREE), (FREE, FORCED)]))
    workers = draw(st.sampled_from([(2,), (1, 2), (4, 32)]))
    arms = draw(st.sets(st.sampled_from(ARMS[1:])))
    cells = [
        Cell(build.label, arm, count)
        for build in builds
        for arm in ("serial", *sorted(arms))
        for count in ((1,) if arm in {"serial", "asyncio"} else workers)
    ]
    return result(
        [draw(measured_series(cell)) for cell in cells],
        builds=builds,
        processors=draw(st.sampled_from([1, 2, 4])),
        refusals=draw(st.sampled_from([[], [], [], ["the machine is busy"]])),
    )


# Other programs may have the machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

profiles = st.dictionaries(
    st.sampled_from([one.label for one in BUILDS]),
    st.sampled_from([COMPUTES, WAITS, NATIVE]),
    max_size=3,
)


def of(measured, cell):
    return measured.measured.of(cell.build, cell.arm, cell.workers)


@unhurried
@given(results(), profiles)
def test_what_is_advised_did_the_work_and_was_faster_than_serial(measured, known):
    advice = advise(measured, known)
    assert advice.choice in {*ARMS, "native", "contention", "unknown"}
    assert (advice.cell is None) == (advice.choice in {"serial", "native", "unknown"})
    assert "\n" not in advice.answer
    assert not any(
        one.endswith(".") or one[:1].isupper() for one in (*advice.reasons, *advice.unless)
    )
    if advice.cell is None or advice.choice == "contention":
        return
    chosen = of(measured, advice.cell)
    assert not measured.refusals or measured.machine.usable < 2
    assert not chosen.problem
    assert not any(one.wrong for one in chosen.samples)
    assert advice.cell.build != FORCED.label
    assert advice.cell.arm == advice.choice
    for other in measured.measured.series:
        right = other.samples and not other.problem and not any(one.wrong for one in other.samples)
        if other.cell.arm == "serial" and right:
            assert median(one.wall + one.start for one in chosen.samples) < median(other.walls)


def changed(measured, cell, factor):
    """The same, but that one cell takes longer or shorter."""
    series = tuple(
        Series(
            one.cell,
            [
                sample(
                    was.wall * factor,
                    start=was.start * factor,
                    cpu=was.cpu,
                    wrong=was.wrong,
                    gil=was.gil,
                    items=was.items,
                )
                for was in one.samples
            ],
            one.problem,
        )
        if one.cell == cell
        else one
        for one in measured.measured.series
    )
    return replace(measured, measured=replace(measured.measured, series=series))


@unhurried
@given(results(), profiles, st.data())
def test_who_gets_faster_stays_advised_and_who_gets_slower_is_not(measured, known, data):
    advice = advise(measured, known)
    if advice.choice in {"threads", "processes", "interpreters", "asyncio"}:
        faster = changed(measured, advice.cell, data.draw(st.floats(0.1, 1.0)))
        assert advise(faster, known).cell == advice.cell
    others = [one.cell for one in measured.measured.series if one.cell.arm != "serial"]
    others = [one for one in others if one != advice.cell]
    if others:
        other = data.draw(st.sampled_from(others))
        slower = advise(changed(measured, other, data.draw(st.floats(1.0, 10.0))), known)
        assert slower.cell != other or slower.choice == "contention"


@given(st.integers(1, 1000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_share_of_a_sample_is_within_its_interval(pair):
    hits, of = pair
    found = share(hits, of)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_the_share_of_a_sample_as_in_the_literature():
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3: 15 of 148.
    found = share(15, 148)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)


def test_a_gain_has_to_be_worth_it():
    barely = {**NOTHING, ("3.14t", "threads", 2): 1 / (WORTH + 0.02), ("3.14", "processes", 2): 1.0}
    assert advise(result(barely), {}).choice == "threads"
    barely["3.14t", "threads", 2] = 1 / (WORTH - 0.02)
    assert advise(result(barely), {}).choice == "serial"


def test_builds_that_were_not_asked_for_are_not_spoken_of():
    own = {("3.14", "serial", 1): 1.0, ("3.14", "processes", 2): 1.02}
    text = str(advise(result(own, builds=[GIL, FREE]), with_profile(COMPUTES)))
    assert "3.14t" not in text
