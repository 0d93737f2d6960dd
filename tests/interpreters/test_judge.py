"""From numbers to verdicts; no clock is read here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ungil.interpreters.judge import Pair, Round, Run, judge_cost, judge_threads

cores = st.floats(0.0, 2.1, allow_nan=False)
rounds = st.lists(st.builds(Round, cores, cores, cores), max_size=7)
runs = st.builds(
    Run,
    st.integers(0, 5000).map(float),
    st.floats(0.0, 1.0, allow_nan=False),
    st.floats(0.01, 1.0, allow_nan=False),
)
pairs = st.lists(st.builds(Pair, runs, runs), max_size=12)


@pytest.mark.parametrize(
    ("threads", "processes", "expected"),
    [
        (1.98, 1.99, True),
        (1.65, 1.9, True),
        (1.0, 1.99, False),
        (1.02, 1.7, False),
        (1.3, 1.99, None),  # neither
        (0.99, 1.2, None),  # two processes do not get two processors either
        (1.2, 1.2, None),
        (0.0, 0.0, None),
    ],
)
def test_three_rounds_that_agree(threads: float, processes: float, expected: bool | None) -> None:
    judged = judge_threads([Round(threads, processes, threads)] * 3, 2)
    assert judged.at_once is expected
    assert "\n" not in judged.text


def test_one_disturbed_round_is_no_evidence_for_a_lock() -> None:
    quiet, disturbed = Round(1.0, 1.99, 1.0), Round(1.0, 1.2, 1.0)
    assert judge_threads([quiet, quiet, quiet], 2).at_once is False
    assert judge_threads([quiet, quiet, disturbed], 2).at_once is None
    assert judge_threads([Round(1.5, 1.99, 1.5), quiet, quiet], 2).at_once is None


def test_one_processor_is_said_to_be_one() -> None:
    judged = judge_threads([Round(1.0, 1.0, 1.0)] * 3, 1)
    assert judged.at_once is None
    assert "one processor" in judged.text


@settings(max_examples=100)
@given(rounds, st.integers(1, 64))
def test_no_judgement_without_its_control(seen: list[Round], processors: int) -> None:
    judged = judge_threads(seen, processors)
    if judged.at_once is not None:
        assert processors > 1
        assert sorted(r.processes for r in seen)[len(seen) // 2] >= 1.6
    if judged.at_once is True:
        assert max(r.threads for r in seen) > 1.15
    if judged.at_once is False:
        assert max(r.threads for r in seen) <= 1.15


@settings(max_examples=50)
@given(st.floats(0.5, 3.0), st.floats(0.01, 1.0), st.integers(5, 9))
def test_the_ratio_of_quiet_pairs(ratio: float, cpu: float, count: int) -> None:
    pair = Pair(Run(100, cpu * ratio, cpu * ratio), Run(100, cpu, cpu))
    cost = judge_cost([pair] * count)
    assert cost.ratio == pytest.approx(ratio)
    assert cost.low == cost.high == cost.ratio
    assert f"{ratio:.2f} times" in cost.text


def test_what_is_disturbed_does_not_count() -> None:
    quiet = Pair(Run(100, 0.30, 0.30), Run(100, 0.25, 0.25))
    waited = Pair(Run(100, 0.90, 2.0), Run(100, 0.25, 0.25))
    assert judge_cost([quiet] * 5 + [waited] * 2).ratio == pytest.approx(1.2)
    assert judge_cost([quiet] * 4 + [waited] * 3).ratio is None
    assert judge_cost([]).ratio is None
    idle = Pair(Run(0, 0.25, 0.25), Run(0, 0.0, 0.25))
    assert judge_cost([idle] * 9).ratio is None


def test_a_wide_spread_is_refused_with_its_width() -> None:
    wide = [Pair(Run(100, 0.25 * r, 0.25 * r), Run(100, 0.25, 0.25)) for r in (1, 1, 1.1, 1.2, 1.4)]
    cost = judge_cost(wide)
    assert cost.ratio is None
    assert "1.00 to 1.40" in cost.text


@settings(max_examples=100)
@given(pairs)
def test_a_ratio_lies_within_its_spread(seen: list[Pair]) -> None:
    cost = judge_cost(seen)
    if cost.ratio is not None:
        assert cost.low is not None
        assert cost.high is not None
        assert cost.low <= cost.ratio <= cost.high
        assert cost.high - cost.low <= 0.25 * cost.ratio + 1e-9
