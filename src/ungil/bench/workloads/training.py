"""Models trained at several rates from the same examples, by gradient descent in small batches."""

from __future__ import annotations

from math import exp
from random import Random

PARAMETERS = {"models": 96, "examples": 600, "epochs": 6}
QUICK = {"models": 48, "examples": 200, "epochs": 4}

Example = tuple[tuple[float, ...], float]
Trial = tuple[list[Example], float, int]

_TRUE = (1.5, -2.0, 0.5, 1.0, -0.5, 2.5, -1.0, 0.75)
"""What the examples follow: on which side of this plane they lie."""
_BATCH = 16


def items(models: int, examples: int, epochs: int) -> list[Trial]:
    """The examples, which all have in common, a rate, and how often they are gone through."""
    known = _examples(examples, Random(1))  # noqa: S311 - nothing is secret
    return [(known, 0.2 + 0.01 * number, epochs) for number in range(models)]


def task(trial: Trial) -> list[float]:
    """The weights of a logistic regression."""
    examples, rate, epochs = trial
    weights = [0.0] * len(_TRUE)
    for _ in range(epochs):
        for first in range(0, len(examples), _BATCH):
            gradient = [0.0] * len(weights)
            for values, label in examples[first : first + _BATCH]:
                score = 0.0
                for weight, value in zip(weights, values, strict=True):
                    score += weight * value
                error = 1.0 / (1.0 + exp(-score)) - label
                for at, value in enumerate(values):
                    gradient[at] += error * value
            for at, slope in enumerate(gradient):
                weights[at] -= rate * slope / _BATCH
    return weights


def check(results: list[list[float]], models: int, examples: int, epochs: int) -> bool:  # noqa: ARG001 - they shall do on others
    """Does each model know nine of ten examples that it has not seen?"""
    unknown = _examples(500, Random(2))  # noqa: S311 - nothing is secret
    for weights in results:
        right = sum((_score(weights, values) > 0) == (label > 0) for values, label in unknown)
        if right < 0.9 * len(unknown):
            return False
    return len(results) == models


def _examples(count: int, chance: Random) -> list[Example]:
    found = []
    for _ in range(count):
        values = tuple(chance.gauss(0, 1) for _ in _TRUE)
        found.append((values, float(_score(_TRUE, values) > 0)))
    return found


def _score(weights: list[float] | tuple[float, ...], values: tuple[float, ...]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))
