"""What is said of samples, and why nothing is."""

from dataclasses import replace

import pytest
from bench_made import FORCED, FREE, GIL, concluded, machine, measured, yardsticks

from ungil.bench.concluding import conclude
from ungil.bench.model import Cell, Yardstick

SERIAL = Cell("3.14t", "serial", 1)
TWO = Cell("3.14t", "threads", 2)
NOISE = [0.97, 1.02, 1.0, 1.03, 0.98, 1.01, 0.99]


def comparison(result, cell=TWO, other=SERIAL):
    (found,) = [one for one in result.comparisons if (one.cell, one.other) == (cell, other)]
    return found


def test_what_is_surely_faster_is_called_so():
    found = comparison(concluded({SERIAL: [2.0 * one for one in NOISE], TWO: NOISE}))
    assert (found.verdict, found.reason) == ("faster", "")
    assert found.times.value == pytest.approx(2.0)


def test_what_is_surely_slower_is_called_so():
    found = comparison(concluded({SERIAL: 1.0, TWO: 1.5}))
    assert (found.verdict, found.reason) == ("slower", "")


def test_noise_is_told_from_a_difference():
    found = comparison(concluded({SERIAL: 1.0, TWO: NOISE}))
    assert found.verdict == "unclear"
    assert "noise" in found.reason


def test_a_few_rounds_are_never_sure():
    found = comparison(concluded({SERIAL: [1.0] * 5, TWO: [0.1] * 5}))
    assert found.verdict == "unclear"
    assert "5 rounds are too few" in found.reason
    assert comparison(concluded({SERIAL: [1.0] * 6, TWO: [0.1] * 6})).verdict == "faster"


def test_what_is_too_short_is_not_judged():
    found = comparison(concluded({SERIAL: 0.03, TWO: 0.003}))
    assert found.verdict == "unclear"
    assert "3 ms are too short" in found.reason


def test_other_results_are_not_faster():
    samples = measured({SERIAL: 1.0, TWO: 0.5})
    samples.of("3.14t", "threads", 2).samples[0] = replace_wrong(
        samples.of("3.14t", "threads", 2).samples[0]
    )
    found = comparison(conclude(samples, machine(), yardsticks()))
    assert found.verdict == "unclear"
    assert "results" in found.reason


def replace_wrong(one):
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return type(one)(**{**fields, "wrong": "1 of 64 results"})


def test_more_workers_than_processors_prove_nothing():
    found = comparison(concluded({SERIAL: 1.0, TWO: 0.5, Cell("3.14t", "threads", 4): 0.25}, 2.0))
    assert found.verdict == "faster"
    many = comparison(
        concluded({SERIAL: 1.0, Cell("3.14t", "threads", 32): 0.1}, 4.0),
        Cell("3.14t", "threads", 32),
    )
    assert many.verdict == "unclear"
    assert many.reason == "32 workers on 4 processors"


@pytest.mark.parametrize(
    ("usable", "told"), [(1.0, "(1 may"), (0.5, "(0.5 may"), (1.5, "(1.5 may")]
)
def test_without_a_second_processor_nothing_is_said_of_parallelism(usable, told):
    result = concluded({SERIAL: 1.0, TWO: 0.5, Cell("3.14", "serial", 1): 0.8}, usable)
    assert len(result.refusals) == 1
    assert told in result.refusals[0]
    assert comparison(result).verdict == "unclear"
    # One thread needs no second processor.
    assert comparison(result, SERIAL, Cell("3.14", "serial", 1)).verdict == "slower"
    assert all(one.law is None and one.serial_fraction is None for one in result.scaling)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_nothing_is_concluded_on_a_busy_machine(share):
    taken = measured({SERIAL: 1.0, TWO: 0.5, Cell("3.14", "serial", 1): 0.8})
    result = conclude(taken, machine(), yardsticks(share=share))
    assert "the machine is busy" in result.refusals[0]
    assert {one.verdict for one in result.comparisons} == {"unclear"}
    assert {one.reason for one in result.scaling} == {result.refusals[0]}


def test_it_is_busy_too_if_only_the_second_processor_is_taken():
    taken = measured({SERIAL: 1.0, TWO: 0.5})
    one, two, *_ = yardsticks()
    result = conclude(taken, machine(2.0), [one, replace(two, busy=(1.1,) * 7)])
    assert "2 processes that shared nothing had 1.10 processors instead of 2" in result.refusals[0]


def test_processors_that_are_half_of_a_core_each_are_not_busy():
    # They get their time, but do less in it: that is the machine's own limit.
    one, two, *_ = yardsticks()
    result = conclude(
        measured({SERIAL: 1.0, TWO: 0.8}), machine(2.0), [one, replace(two, rate=(1300.0,) * 7)]
    )
    assert not result.refusals
    assert result.scaling[0].points[0].limit.value == pytest.approx(1.3)


def test_where_the_speed_changes_ratios_within_a_round_are_what_is_left():
    rates = (1000.0, 700.0, 1000.0, 650.0, 1000.0, 700.0, 1000.0)
    taken = measured({SERIAL: 1.0, TWO: 0.5})
    result = conclude(taken, machine(), [Yardstick(1, (1.0,) * 7, rates)])
    assert not result.refusals
    assert comparison(result).verdict == "faster"
    assert "of one process was up to 1.54 times as fast" in result.notes[0]
    one, two, *_ = yardsticks()
    steady_alone = [one, replace(two, rate=tuple(2 * rate for rate in rates))]
    assert "of 2 processes" in conclude(taken, machine(), steady_alone).notes[0]
    steady = conclude(taken, machine(), [one, two])
    assert not any("speed" in note for note in steady.notes)


def test_nothing_is_concluded_without_a_yardstick():
    result = conclude(measured({SERIAL: 1.0, TWO: 0.5}), machine(), [])
    assert result.refusals
    assert comparison(result).verdict == "unclear"


def test_a_share_of_half_a_core_that_is_given_is_not_busy():
    result = conclude(measured({SERIAL: 1.0}), machine(0.5), yardsticks(0.5))
    assert not any("busy" in one for one in result.refusals)


def test_the_build_and_the_gil_are_told_apart():
    serial = {build: Cell(build.label, "serial", 1) for build in (GIL, FREE, FORCED)}
    result = concluded({serial[GIL]: 1.0, serial[FREE]: 1.1, serial[FORCED]: 1.05})
    pairs = {(one.cell, one.other): one.times.value for one in result.comparisons}
    assert pairs == {
        (serial[FREE], serial[GIL]): pytest.approx(1 / 1.1),
        (serial[FREE], serial[FORCED]): pytest.approx(1.05 / 1.1),
        (serial[FORCED], serial[GIL]): pytest.approx(1 / 1.05),
    }


def test_threads_without_the_gil_are_compared_with_what_the_user_has():
    gil = Cell("3.14", "serial", 1)
    result = concluded({gil: 1.0, SERIAL: 1.2, TWO: 0.6})
    assert comparison(result, TWO, gil).times.value == pytest.approx(1 / 0.6)


def test_another_series_is_not_compared():
    old = replace(GIL, label="3.13", release="3.13.1")
    result = concluded({Cell("3.13", "serial", 1): 1.0, SERIAL: 1.0, TWO: 0.5}, builds=(old, FREE))
    assert {one.other.build for one in result.comparisons} == {"3.14t"}
