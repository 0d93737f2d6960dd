"""A test that is made of what threads do with something that they share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations
from typing import Any, Protocol

from ungil.races.schedule.control import Control
from ungil.races.schedule.strategies import Replay

__all__ = ["Controlled", "Plain", "Side", "Workers"]

Worker = Callable[[Any], object]


class Side(Protocol):
    """What workers run on."""

    def together(self, functions: Sequence[Worker], shared: object, /) -> None:
        """Run functions at once, each in a thread, and wait for all."""

    def alone(self, function: Callable[[], object], /) -> None:
        """Run a function that does so, whatever it raises."""


class Controlled:
    """Threads under control."""

    def __init__(self, control: Control) -> None:
        """Prepare it.

        Args:
            control: Of this process, which has begun.
        """
        self.together = control.together
        self._control = control

    def alone(self, function: Callable[[], object]) -> None:
        """Run it in one execution."""
        self._control.execute(function, Replay((), strict=False))


class Plain:
    """Plain threads."""

    def together(self, functions: Sequence[Worker], shared: object) -> None:
        """What one of them raises, this does."""
        errors: list[BaseException] = []

        def run(function: Worker) -> None:
            try:
                function(shared)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                errors.append(error)

        threads = [threading.Thread(target=run, args=(one,)) for one in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def alone(self, function: Callable[[], object]) -> None:
        """Call it."""
        with suppress(Exception):
            function()


class Workers:
    """What they share, what they do, and what has to hold when all have ended."""

    def __init__(
        self,
        side: Side,
        setup: Callable[[], Any],
        workers: Sequence[Worker],
        invariant: Callable[[Any], object],
        outcome: Callable[[Any], object] | None,
    ) -> None:
        """Prepare them.

        Args:
            side: What they run on.
            setup: As `explore_here` has them all.
            workers: Likewise.
            invariant: Likewise.
            outcome: Likewise.
        """
        self._side = side
        self._setup = setup
        self._workers = workers
        self._invariant = invariant
        self._outcome = outcome

    def test(self) -> Callable[[], object]:
        """What is run in each schedule."""
        allowed = None if self._outcome is None else self._serial(self._outcome)

        def test() -> None:
            shared = self._setup()
            self._side.together(self._workers, shared)
            if self._invariant(shared) is False:
                raise AssertionError("the invariant does not hold")
            if self._outcome is not None and allowed is not None:
                came = self._outcome(shared)
                if came not in allowed:
                    given = ", ".join(dict.fromkeys(map(repr, allowed))) or "none"
                    raise AssertionError(f"no order of the workers gives {came!r}, but {given}")

        return test

    def _serial(self, outcome: Callable[[Any], object]) -> list[object]:
        """What comes out if one worker runs after the other, in all orders."""
        found: list[object] = []

        def run(order: Sequence[Worker]) -> None:
            shared = self._setup()
            for one in order:
                self._side.together([one], shared)
            found.append(outcome(shared))

        for order in permutations(self._workers):
            self._side.alone(partial(run, order))  # an order that fails allows nothing
        return found
