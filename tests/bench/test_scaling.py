"""How arms scale: the universal scalability law, the serial fraction, inflation and memory."""

import pytest
from bench_made import concluded, measured, scaling_times, yardsticks
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ungil.bench.model import Cell
from ungil.bench.scaling import fit, scalings

COUNTS = (1, 2, 4, 8)

shares = st.floats(0.0, 0.9)
costs = st.floats(0.0, 0.1)
alone = st.floats(1e-3, 1e3)
counts = st.lists(st.integers(2, 64), min_size=2, max_size=6, unique=True).map(lambda c: [1, *c])


def law(workers, first, sigma, kappa):
    return first / workers * (1 + sigma * (workers - 1) + kappa * workers * (workers - 1))


@settings(deadline=None)
@given(alone, shares, costs, counts)
@example(1.0, 0.0, 0.0, [1, 2, 3])
def test_the_law_is_found_in_what_follows_it(first, sigma, kappa, workers):
    found = fit({count: law(count, first, sigma, kappa) for count in workers})
    assert found.alone == pytest.approx(first, rel=1e-9)
    assert found.sigma == pytest.approx(sigma, abs=1e-9)
    assert found.kappa == pytest.approx(kappa, abs=1e-9)
    for count in workers:
        assert found.seconds(count) == pytest.approx(law(count, first, sigma, kappa), rel=1e-9)


def deviation(seconds, first, sigma, kappa):
    return sum((law(n, first, sigma, kappa) / wall - 1) ** 2 for n, wall in seconds.items())


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([1, 2, 3, 4, 8, 16]), st.floats(0.1, 10), min_size=3),
    st.tuples(alone, st.floats(0, 3), st.floats(0, 1)),
)
def test_nothing_that_is_allowed_fits_better(seconds, other):
    found = fit(seconds)
    assume(found is not None)
    assert found.sigma >= 0
    assert found.kappa >= 0
    best = deviation(seconds, found.alone, found.sigma, found.kappa)
    assert best <= deviation(seconds, *other) + 1e-9


def test_what_does_not_follow_the_law_has_none():
    wild = {1: 5.0, 2: 0.1, 3: 1.1, 4: 5.0, 8: 1.1, 16: 5.8}
    assert fit(wild) is None
    times = {Cell("3.14t", "threads", count): wall for count, wall in wild.items()}
    (found,) = concluded({Cell("3.14t", "serial", 1): 1.0, **times}, usable=16.0).scaling
    assert found.law is None
    assert "do not follow" in found.reason


def test_what_is_better_than_linear_has_no_negative_costs():
    found = fit({1: 1.0, 2: 0.4, 4: 0.15, 8: 0.06})
    assert (found.sigma, found.kappa) == (0.0, 0.0)


# Of each round, how much slower the machine was in it.
drift = st.lists(st.floats(0.5, 2.0), min_size=7, max_size=7)


@settings(deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.001, 0.05), drift)
def test_a_machine_that_drifts_does_not_change_the_law(sigma, kappa, slower):
    times = {
        Cell("3.14t", "threads", count): [law(count, one, sigma, kappa) for one in slower]
        for count in COUNTS
    }
    (found,) = concluded({Cell("3.14t", "serial", 1): slower, **times}).scaling
    assert found.law.sigma.value == pytest.approx(sigma, rel=1e-6)
    assert found.law.sigma.high == pytest.approx(sigma, rel=1e-6)
    assert found.law.kappa.value == pytest.approx(kappa, rel=1e-6)
    assert found.law.error < 1e-6 or len(set(slower)) > 1
    # The best of all whole numbers is beside it.
    best = min(range(1, 200), key=lambda workers: law(workers, 1.0, sigma, kappa))
    assert found.law.peak == pytest.approx(best, abs=1)


def test_noise_is_told_as_the_interval_of_the_law():
    noisy = [
        [law(count, 1.0, 0.1, 0.01) * (1 + 0.01 * ((at * 7 + count) % 5 - 2)) for at in range(9)]
        for count in COUNTS
    ]
    times = {
        Cell("3.14t", "threads", count): walls for count, walls in zip(COUNTS, noisy, strict=True)
    }
    (found,) = concluded({Cell("3.14t", "serial", 1): [1.0] * 9, **times}).scaling
    assert found.law.sigma.low < 0.1 < found.law.sigma.high
    assert found.law.kappa.low < 0.01 < found.law.kappa.high
    assert 0 < found.law.error < 0.05


def test_without_coherency_no_number_of_workers_is_the_best():
    times = {Cell("3.14t", "threads", count): law(count, 1.0, 0.1, 0.0) for count in COUNTS}
    (found,) = concluded({Cell("3.14t", "serial", 1): 1.0, **times}).scaling
    assert found.law.peak is None


def test_what_gets_slower_with_each_worker_is_fastest_with_one():
    times = {Cell("3.14t", "threads", count): law(count, 1.0, 1.5, 0.1) for count in COUNTS}
    (found,) = concluded({Cell("3.14t", "serial", 1): 1.0, **times}).scaling
    assert found.law.peak == 1.0


@settings(deadline=None)
@given(st.floats(0.0, 1.0), st.sampled_from([2, 3, 4, 8]))
def test_two_numbers_of_workers_tell_the_serial_fraction_alone(share, many):
    times = {
        Cell("3.14t", "serial", 1): 1.0,
        Cell("3.14t", "threads", 1): 1.0,
        # Amdahl's law
        Cell("3.14t", "threads", many): share + (1 - share) / many,
    }
    (found,) = concluded(times).scaling
    assert found.law is None
    assert "3 numbers of workers" in found.reason
    assert found.serial_fraction.value == pytest.approx(share, abs=1e-9)


def test_one_number_of_workers_tells_nothing():
    (found,) = concluded({Cell("3.14", "serial", 1): 1.0, Cell("3.14", "threads", 1): 1.0}).scaling
    assert found.law is None
    assert found.serial_fraction is None


def test_workers_beyond_the_processors_are_labelled_and_not_fitted():
    (found,) = concluded(scaling_times(), usable=2.0).scaling
    assert [point.oversubscribed for point in found.points] == [False, False, True, True]
    assert [point.efficiency is None for point in found.points] == [False, False, True, True]
    assert found.law is None
    assert found.serial_fraction.value == pytest.approx((0.5**0.9 - 0.5) / 0.5)


def test_half_a_core_has_one_worker_that_is_not_too_many():
    (found,) = concluded(scaling_times(), usable=0.5).scaling
    assert [point.oversubscribed for point in found.points] == [False, True, True, True]
    assert found.law is None
    assert found.serial_fraction is None
    assert "0.5" in found.reason


def test_each_point_has_speedup_efficiency_limit_inflation_and_memory():
    times = scaling_times()
    many = measured(times, cpu=1.25, memory=50 << 20)
    (found,) = scalings(many, 8.0, yardsticks(), "")
    point = found.points[2]
    assert point.workers == 4
    assert point.speedup.value == pytest.approx(4**0.9)
    assert point.efficiency.value == pytest.approx(4**-0.1)
    assert point.limit.value == 4.0
    assert point.inflation.value == 1.0
    assert point.memory.value == 50 << 20


def test_inflation_is_against_one_worker_of_the_same_arm():
    taken = measured(scaling_times())
    (found,) = scalings(taken, 8.0, [], "")
    for point in found.points:
        # In `made`, what a sample takes of the processor is what it takes of time.
        assert point.inflation.value == pytest.approx(point.workers**-0.9)
        assert point.limit is None


def test_what_is_not_known_stays_unknown():
    unknown = measured(scaling_times(), memory=None)
    for series in unknown.series:
        series.samples[:] = [
            type(one)(**{**{f: getattr(one, f) for f in one.__struct_fields__}, "cpu": None})
            for one in series.samples
        ]
    (found,) = scalings(unknown, 8.0, [], "")
    assert {point.memory for point in found.points} == {None}
    assert {point.inflation for point in found.points} == {None}


def test_cells_with_fewer_rounds_are_compared_in_those_that_both_have():
    times = {
        Cell("3.14t", "serial", 1): [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0],
        Cell("3.14t", "processes", 2): [0.5, 1.0, 2.0],
    }
    (found,) = concluded(times).scaling
    assert found.points[0].speedup.value == 2.0
    assert found.points[0].speedup.samples == 3
