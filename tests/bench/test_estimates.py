"""Medians with intervals, ratios of rounds, and outliers."""

from itertools import product
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ungil.bench.estimates import CONFIDENCE, estimate, outliers, ratio

positive = st.floats(1e-6, 1e6)


@settings(deadline=None)
@given(st.lists(positive, min_size=1, max_size=40))
def test_the_interval_is_between_two_samples_and_holds_the_median(values):
    found = estimate(values)
    assert found.value == median(values)
    assert found.low in values
    assert found.high in values
    assert found.low <= found.value <= found.high
    assert found == estimate(sorted(values, reverse=True))


@pytest.mark.parametrize("count", range(1, 13))
def test_it_is_as_sure_as_all_ways_to_lie_around_the_true_median_say(count):
    found = estimate([float(at) for at in range(count)])
    cut = int(found.low)
    # Each sample is below the true median or above it, both equally often.
    ways = list(product((False, True), repeat=count))
    covered = sum(cut < sum(way) < count - cut for way in ways)
    assert found.confidence == pytest.approx(covered / len(ways))
    assert (found.confidence >= CONFIDENCE) == (count >= 6)


def test_a_shorter_interval_would_not_be_sure_enough():
    lengths = [estimate([float(at) for at in range(count)]) for count in range(6, 40)]
    assert [int(one.low) for one in lengths[:8]] == [0, 0, 0, 1, 1, 1, 2, 2]


@settings(deadline=None)
@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=20))
def test_what_makes_a_round_slower_goes_out_of_a_ratio(pairs):
    uppers = [3.0 * slower for _, slower in pairs]
    lowers = [2.0 * slower for _, slower in pairs]
    found = ratio(uppers, lowers)
    assert found.low == pytest.approx(1.5)
    assert found.high == pytest.approx(1.5)


def test_rounds_have_to_be_the_same():
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])


def test_apart_is_only_what_is_sure():
    assert estimate([2.0] * 6).apart_from(1.0)
    assert not estimate([2.0] * 5).apart_from(1.0)
    assert not estimate([0.9, 1.1, 1.2, 1.3, 1.4, 1.5]).apart_from(1.0)


def test_outliers_are_named_and_stay():
    values = [1.0, 1.01, 5.0, 0.99, 1.02, 0.1, 1.0]
    assert outliers(values) == [2, 5]
    assert estimate(values).high == 5.0


@settings(deadline=None)
@given(st.lists(positive, max_size=3) | positive.map(lambda value: [value] * 9))
def test_few_or_equal_values_have_no_outliers(values):
    assert outliers(values) == []
