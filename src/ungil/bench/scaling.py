"""How an arm scales with the number of workers.

The universal scalability law (Gunther, "A Simple Capacity Model of Massively Parallel
Transaction Systems", CMG 1993; "A General Theory of Computational Scalability Based on Rational
Functions", arXiv:0808.1431) says that N workers take

    T(N) = T(1) / N * (1 + sigma (N - 1) + kappa N (N - 1))

where sigma is the share of the work that only one can do at a time, and kappa what each pair of
workers costs. N T(N) is linear in 1, N - 1 and N (N - 1), so that it is fitted by linear least
squares (of relative deviations, as times scatter in proportion to their length). None of the
three can be negative: of the fits with some of them left out, the best without a negative one
is the best of all, because the problem is convex.

Each round is fitted by itself, and the medians are taken of that. So what drifts from round to
round goes out of it, and how sure they are is told by `estimates`, without assumptions.
Rejected: resampling the rounds (the bootstrap), see there; and SciPy, for three unknowns.

With fewer than three numbers of workers there is nothing to fit. The serial fraction is then
what one of them alone says (Karp & Flatt, "Measuring Parallel Processor Performance", CACM
33(5), 1990).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from statistics import median

from ungil.bench.estimates import Estimate, estimate, ratio
from ungil.bench.model import Law, Measured, Point, Sample, Scaling, Series, Yardstick

__all__ = ["Fit", "fit", "scalings"]

_COUNTS = 3
"""Numbers of workers for as many unknowns."""

_FARTHEST = 10
"""Times as many workers as were measured; of more the law knows nothing."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The law as it fits some times best.

    Attributes:
        alone: Seconds of one worker.
        sigma: See above; not negative.
        kappa: Likewise.
    """

    alone: float
    sigma: float
    kappa: float

    def seconds(self, workers: int) -> float:
        """What it says of so many workers."""
        more = workers - 1
        return self.alone / workers * (1 + self.sigma * more + self.kappa * workers * more)


def fit(seconds: Mapping[int, float]) -> Fit | None:
    """Fit the law.

    Args:
        seconds: By the number of workers, at least three, and all greater than 0.

    Returns:
        None if the times are so far from it that one worker would take none.
    """
    # Divided by what was measured, so that each row should be 1.
    weights = {workers: 1 / (workers * wall) for workers, wall in seconds.items()}
    terms = [
        list(weights.values()),
        [(workers - 1) * weight for workers, weight in weights.items()],
        [workers * (workers - 1) * weight for workers, weight in weights.items()],
    ]
    chosen = [columns for size in (3, 2, 1) for columns in combinations(range(3), size)]
    fits = [_least_squares(terms, columns) for columns in chosen]
    possible = [one for one in fits if min(one) >= 0]
    alone, sigma, kappa = min(possible, key=lambda one: _deviation(terms, one))
    return Fit(alone, sigma / alone, kappa / alone) if alone else None


def _deviation(terms: Sequence[Sequence[float]], factors: Sequence[float]) -> float:
    return fsum((_dot(factors, row) - 1) ** 2 for row in zip(*terms, strict=True))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return fsum(a * b for a, b in zip(one, other, strict=True))


def _least_squares(terms: Sequence[Sequence[float]], columns: Sequence[int]) -> list[float]:
    """The factors of some terms with which each row is nearest to 1; those of others are 0.

    By the modified method of Gram and Schmidt (Björck, Numerical Methods for Least Squares
    Problems, 1996, 2.4), with what is wanted as one column more.
    """
    rest = [list(terms[column]) for column in columns] + [[1.0] * len(terms[0])]
    upper: list[list[float]] = []
    for at in range(len(columns)):
        square = _dot(rest[at], rest[at])
        parts = [_dot(rest[at], other) / square for other in rest[at + 1 :]]
        for part, other in zip(parts, rest[at + 1 :], strict=True):
            other[:] = [value - part * own for value, own in zip(other, rest[at], strict=True)]
        upper.append(parts)
    factors: list[float] = []
    for *others, own in reversed(upper):
        factors.insert(0, own - _dot(others, factors))
    found = dict(zip(columns, factors, strict=True))
    return [found.get(column, 0.0) for column in range(len(terms))]


def scalings(
    measured: Measured, usable: float, yardsticks: Sequence[Yardstick], refusal: str
) -> Iterator[Scaling]:
    """Each build and arm of which there are several workers.

    Args:
        measured: The samples.
        usable: How many processors may be used.
        yardsticks: What the machine gave.
        refusal: Why nothing is to be concluded; empty if something may be.
    """
    arms: dict[tuple[str, str], list[Series]] = {}
    for one in measured.series:
        if one.samples and one.cell.arm not in {"serial", "asyncio"}:
            arms.setdefault((one.cell.build, one.cell.arm), []).append(one)
    for (build, arm), several in arms.items():
        serial = measured.of(build, "serial")
        if serial is not None and serial.samples:
            several.sort(key=lambda one: one.cell.workers)
            yield _scaling(build, arm, several, serial, usable, yardsticks, refusal)


def _scaling(
    build: str,
    arm: str,
    several: Sequence[Series],
    serial: Series,
    usable: float,
    yardsticks: Sequence[Yardstick],
    refusal: str,
) -> Scaling:
    one = several[0] if several[0].cell.workers == 1 else serial
    points = tuple(_point(series, one, serial, usable, yardsticks) for series in several)
    if refusal:
        return Scaling(build, arm, points, reason=refusal)
    within = {1: one, **{s.cell.workers: s for s in several if s.cell.workers <= usable}}
    fraction = _serial_fraction(one, within[max(within)])
    if len(within) < _COUNTS:
        there = "is one" if len(within) == 1 else f"are {len(within)}"
        few = f"it takes {_COUNTS} numbers of workers within the processors, and there {there}"
        return Scaling(build, arm, points, fraction, reason=few)
    law = _law(within)
    reason = "" if law is not None else "the times do not follow it"
    return Scaling(build, arm, points, fraction, law, reason)


def _point(
    series: Series, one: Series, serial: Series, usable: float, yardsticks: Sequence[Yardstick]
) -> Point:
    workers = series.cell.workers
    oversubscribed = workers > max(1.0, usable)
    alone, together = paired(serial, series)
    speedup = ratio(alone, together)
    return Point(
        workers,
        oversubscribed,
        estimate([sample.wall for sample in series.samples]),
        speedup,
        None if oversubscribed else _scaled(speedup, 1 / workers),
        _limit(workers, yardsticks),
        _inflation(series, one),
        _memory(series.samples),
    )


def paired(one: Series, other: Series) -> tuple[list[float], list[float]]:
    """The seconds of two, of the rounds that both have."""
    rounds = min(len(one.samples), len(other.samples))
    return (
        [sample.wall for sample in one.samples[:rounds]],
        [sample.wall for sample in other.samples[:rounds]],
    )


def _scaled(of: Estimate, factor: float) -> Estimate:
    return Estimate(of.value * factor, of.low * factor, of.high * factor, of.confidence, of.samples)


def _limit(workers: int, yardsticks: Sequence[Yardstick]) -> Estimate | None:
    rates = {one.workers: one.rate for one in yardsticks}
    if not rates.get(workers) or not rates.get(1):
        return None
    return ratio(rates[workers], rates[1])


def _inflation(series: Series, one: Series) -> Estimate | None:
    pairs = [
        (many.cpu, alone.cpu)
        for many, alone in zip(series.samples, one.samples, strict=False)
        if many.cpu is not None and alone.cpu
    ]
    return ratio(*map(list, zip(*pairs, strict=True))) if pairs else None


def _memory(samples: Sequence[Sample]) -> Estimate | None:
    known = [float(sample.memory) for sample in samples if sample.memory is not None]
    return estimate(known) if known else None


def _serial_fraction(one: Series, many: Series) -> Estimate | None:
    """(1 / speedup - 1 / workers) / (1 - 1 / workers), of each round."""
    workers = many.cell.workers
    if workers == 1:
        return None
    alone, together = paired(one, many)
    return estimate(
        [
            (wall / first - 1 / workers) / (1 - 1 / workers)
            for first, wall in zip(alone, together, strict=True)
        ]
    )


def _law(within: Mapping[int, Series]) -> Law | None:
    rounds = min(len(series.samples) for series in within.values())
    fits = []
    for at in range(rounds):
        fitted = fit({workers: series.samples[at].wall for workers, series in within.items()})
        if fitted is None:
            return None
        fits.append(fitted)
    sigma = estimate([one.sigma for one in fits])
    kappa = estimate([one.kappa for one in fits])
    error = max(
        abs(
            median([one.seconds(workers) for one in fits])
            / median([sample.wall for sample in series.samples[:rounds]])
            - 1
        )
        for workers, series in within.items()
    )
    return Law(sigma, kappa, _peak(sigma, kappa, max(within)), error)


def _peak(sigma: Estimate, kappa: Estimate, most: int) -> float | None:
    """With how many workers the law is fastest; None if that cannot be told."""
    if sigma.value >= 1:
        return 1.0 if sigma.apart_from(1.0) else None
    if not kappa.apart_from(0.0):
        return None
    # The derivative is 0 there.
    peak = max(1.0, ((1 - sigma.value) / kappa.value) ** 0.5)
    return peak if peak <= _FARTHEST * most else None
