"""Measure trials in turns, until it is clear what each gains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from ungil.bench.diagnose.model import Ask, Gain, Run, Trial
from ungil.bench.diagnose.runs import RunsError
from ungil.bench.estimates import ratio

__all__ = ["LEAST", "MOST", "Turns"]

LEAST, MOST = 6, 12
"""Rounds: of fewer nothing is sure (see `estimates`); more only where it is not clear."""


_GLANCE = 3
"""Rounds after which is looked at how busy the machine is."""

_OVERLOADED = 0.5
"""The share of their time in which workers wait for a processor. Two that hardly ever run at the
same time cannot get in each other's way, and more rounds tell no more."""


class Turns:
    """What was measured in turns.

    Attributes:
        runs: Of each that was asked for, one a round.
        gains: By the name of the trial.
        problems: Why a trial did not come off, by its name.
    """

    def __init__(self) -> None:
        self.runs: dict[Ask, list[Run]] = {}
        self.gains: dict[str, Gain] = {}
        self.problems: dict[str, str] = {}

    def measure(
        self,
        take: Callable[[Ask], Run],
        trials: Iterable[Trial],
        progress: Callable[[int, int], None] = lambda _, __: None,
    ) -> None:
        """Measure trials.

        Args:
            take: Carries out a run; raises RunsError if it does not come off.
            trials: Which.
            progress: Told how many rounds were, and of how many.
        """
        left = list(trials)
        for number in range(MOST):
            if number >= LEAST and all(map(self._decided, left)):
                break
            if number == _GLANCE and left and self._overloaded():
                left = [one for one in left if not one.together]
            progress(number, LEAST if number < LEAST else MOST)
            wanted = list(dict.fromkeys(ask for one in left for ask in (one.plain, one.changed)))
            at = number % max(1, len(wanted))
            for ask in [*wanted[at:], *wanted[:at]]:
                try:
                    run = take(ask)
                except RunsError as error:
                    failed = [one for one in left if ask in {one.plain, one.changed}]
                    self.problems.update({one.name: str(error) for one in failed})
                else:
                    self.runs.setdefault(ask, []).append(run)
            left = [one for one in left if one.name not in self.problems]
            self._judge(left)

    def _decided(self, trial: Trial) -> bool:
        return trial.fact or self.gains[trial.name].decided

    def _overloaded(self) -> bool:
        return median(run.busy for one in self.runs.values() for run in one) > _OVERLOADED

    def _judge(self, trials: Sequence[Trial]) -> None:
        for one in trials:
            plain = [one.metric(run) for run in self.runs[one.plain]]
            changed = [one.metric(run) for run in self.runs[one.changed]]
            self.gains[one.name] = Gain(ratio(plain, changed))
