"""Medians and ratios, with how sure they are.

No distribution is assumed: times have a long tail on one side, and a few samples tell nothing
of its shape. The interval of a median is between two of the samples themselves, by the
binomial distribution of how many lie below it (Conover, Practical Nonparametric Statistics,
1999, 3.2). With fewer than six samples no interval is as sure as 95 %; then it is that from
the least to the greatest, and says how sure it is. Rejected: the bootstrap, whose intervals
are too short for so few samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import NormalDist, median, quantiles

__all__ = ["CONFIDENCE", "Estimate", "estimate", "outliers", "ratio", "share"]

CONFIDENCE = 0.95

_FENCE = 1.5
"""In widths of the middle half, from which on a sample lies outside."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median, and where the true one is.

    Attributes:
        value: The median of the samples.
        low: The true one is hardly below it.
        high: Nor above it.
        confidence: How sure that is, from 0 to 1.
        samples: How many there are.
    """

    value: float
    low: float
    high: float
    confidence: float
    samples: int

    def apart_from(self, other: float) -> bool:
        """Is it surely something else than a value?"""
        return self.confidence >= CONFIDENCE and not self.low <= other <= self.high


def estimate(values: Sequence[float]) -> Estimate:
    """The median of at least one value.

    Args:
        values: In any order, none of them left out.
    """
    ordered = sorted(values)
    count = len(ordered)
    # Less and less is cut off at both ends; what is sure enough at last is the shortest.
    cut = next((k for k in range(count // 2, 0, -1) if _sure(count, k) >= CONFIDENCE), 0)
    return Estimate(median(ordered), ordered[cut], ordered[-1 - cut], _sure(count, cut), count)


def ratio(upper: Sequence[float], lower: Sequence[float]) -> Estimate:
    """The ratio of two that were measured in turns, round by round.

    What makes the machine slower for a while makes both slower, and goes out of it.

    Args:
        upper: One value for each round.
        lower: Likewise, greater than 0.

    Raises:
        ValueError: They do not come from the same rounds.
    """
    return estimate([one / other for one, other in zip(upper, lower, strict=True)])


def outliers(values: Sequence[float]) -> list[int]:
    """Which values are far from the others; nothing is left out because of it.

    Those beyond one and a half times the width of the middle half, below or above it (Tukey,
    Exploratory Data Analysis, 1977, 2C). Of fewer than four values none is.

    Args:
        values: In the order in which they were measured.

    Returns:
        Their places, counted from 0.
    """
    if len(values) < 4:
        return []
    low, _, high = quantiles(values, n=4, method="inclusive")
    reach = _FENCE * (high - low)
    return [at for at, one in enumerate(values) if not low - reach <= one <= high + reach]


def share(hits: float, of: float) -> Estimate:
    """How many of all things are such, as a sample of them shows.

    The interval is that of E. B. Wilson (Journal of the American Statistical Association 22,
    1927), which stays within 0 and 1 and is right for few and for extreme ones, too.

    Args:
        hits: How many of the sample are.
        of: Its size, greater than 0.
    """
    spread = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) ** 2 / of
    value = hits / of
    middle = (value + spread / 2) / (1 + spread)
    half = (spread * (value * (1 - value) + spread / 4)) ** 0.5 / (1 + spread)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(value, min(low, value), max(high, value), CONFIDENCE, round(of))


def _sure(count: int, cut: int) -> float:
    """How sure the true median is between the samples that are left."""
    outside = sum(comb(count, k) for k in range(cut + 1))
    return 1.0 - outside / 2.0 ** (count - 1)
