"""Which carrier a test needs, found out while it is explored.

On greenlets C code finds all threads to be one, and what waits there waits for ever. So a
test is run once on each carrier first, and what fails on greenlets has to fail on threads
of the system as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ungil.races.candidate import Candidate
from ungil.races.schedule.control import CARRIERS, Control
from ungil.races.schedule.exploring import Exploration, Failure, explore, replay
from ungil.races.schedule.strategies import Replay

__all__ = ["explore_on", "needs_threads", "only_on_greenlets", "replay_often"]

_REPLAYS = 20
"""So often a schedule is followed in which somebody waited outside."""


def explore_on(
    carrier: str,
    control: Control,
    test: Callable[[], object],
    **options: Any,  # noqa: ANN401 - those of `explore`
) -> tuple[Exploration, str]:
    """Explore a test on a carrier.

    Args:
        carrier: `greenlets`, `threads`, or `auto`: on greenlets, unless it needs threads.
        control: Of this process, which has begun.
        test: What is explored.
        options: As for `explore`.

    Returns:
        What was found, and why it needs threads; empty if it does not, or was not asked.

    Raises:
        ValueError: There is no such carrier, or it is raised by `explore`.
        RuntimeError: It is raised by `explore`.
    """
    if carrier not in {"auto", *CARRIERS}:
        raise ValueError(f"no carrier {carrier!r}; there are auto, {', '.join(CARRIERS)}")
    why = needs_threads(control, test) if carrier == "auto" else ""
    control.carrier = "threads" if why or carrier == "threads" else "greenlets"
    found = explore(control, test, **options)
    if carrier == "auto" and not why and found.failure is not None:
        why = only_on_greenlets(control, test, found.failure)
        if why:
            control.carrier = "threads"
            found = explore(control, test, **options)
    return found, why


def replay_often(
    control: Control,
    test: Callable[[], object],
    choices: Sequence[str],
    candidate: Candidate | None,
    shown: Callable[[Failure], object] | None,
) -> tuple[Failure | None, str]:
    """As `replay`; again if somebody waits outside, who need not come back when it did."""
    for _ in range(_REPLAYS):
        failure, diverged = replay(control, test, choices, candidate, shown)
        if failure is not None or not control.outside:
            break
    return failure, diverged


def only_on_greenlets(control: Control, test: Callable[[], object], failure: Failure) -> str:
    """Does a test not fail on threads, as it did on greenlets? In words; empty if it does."""
    control.carrier = "threads"
    again, _ = replay(control, test, failure.choices)
    control.carrier = "greenlets"
    if again is None or again.kind != failure.kind:
        return f"only on greenlets it fails with {failure.text}"
    return ""


def needs_threads(control: Control, test: Callable[[], object]) -> str:
    """Why a test needs threads of the system, in words; empty if it does not."""
    outcomes = []
    for carrier in ("threads", "greenlets"):
        control.carrier = carrier
        world, outcome = control.execute(test, Replay((), strict=False))
        if world.outside:
            return "it waits for something else than locks, queues and threads"
        outcomes.append((outcome.kind, type(outcome.error)))
    if outcomes[0] != outcomes[1]:
        return "on greenlets, all in one thread of the system, it ends otherwise"
    return ""
