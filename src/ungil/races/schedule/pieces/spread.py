"""An exploration in pieces, which others carry out at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from ungil.races.schedule.exploring import bound
from ungil.races.schedule.pieces.frontier import frontier
from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.strategies import Pct

__all__ = ["spread"]


def spread(
    begin: Callable[[Piece], Future[Found]],
    at_once: int,
    *,
    strategy: str,
    schedules: int,
    seconds: float,
    seed: int,
    limit: float,
) -> Found:
    """Explore until a piece fails or there is no reason for another.

    If more than one fails, it is the one that was handed out first that counts.

    Args:
        begin: Has a piece carried out. What was found may say by `problem` or `hung` why
            nothing was.
        at_once: How many pieces are carried out at the same time.
        strategy: The name of one.
        schedules: How many at most.
        seconds: How long at most.
        seed: Of what is drawn.
        limit: After how many seconds without an answer none is waited for.

    Returns:
        What was found, as in one piece, or `problem` or `hung`.
    """
    began = time.monotonic()
    left = frontier(strategy, schedules, seed)
    running: dict[Future[Found], Piece] = {}
    executions: dict[int, int] = {}
    sizes = Pct(seed)
    seen: dict[str, dict[str, None]] = {"unwatched": {}, "problems": {}, "left": {}}
    ends: dict[int, Found] = {}
    is_outside = False
    carrier = {"carrier": "greenlets", "why": ""}
    while True:
        remains = began + seconds - time.monotonic()
        if not ends and remains > 0:
            for piece in left.take(at_once - len(running), remains):
                running[begin(piece)] = piece
        if not any(not ends or piece.number < min(ends) for piece in running.values()):
            break
        done, _ = wait(running, limit, FIRST_COMPLETED)
        if not done:
            return {"problem": f"whoever explores has not answered for {limit:.0f} s"}
        for future in sorted(done, key=lambda one: running[one].number):
            piece, found = running.pop(future), _answer(future)
            executions[piece.number] = found.get("executions", 0)
            for name, those in seen.items():
                those.update(dict.fromkeys(found.get(name, ())))
            is_outside |= found.get("outside", False)
            carrier = {name: found.get(name, value) for name, value in carrier.items()}
            sizes.threads = max(sizes.threads, found.get("threads", 1))
            sizes.choices = max(sizes.choices, found.get("choices", 1))
            if found.get("problem") or found.get("hung") or found["failure"] is not None:
                ends[piece.number] = found
            else:
                left.merge(piece, found)
    last = min(ends, default=None)
    whole: Found = {"failure": None} if last is None else ends[last]
    before = sum(count for one, count in executions.items() if last is None or one < last)
    if whole.get("failure") is not None:
        whole["failure"]["found"] += before
    count = before + whole.get("executions", 0)
    return {
        **carrier,
        **whole,
        "strategy": strategy,
        "executions": count,
        "complete": last is None and left.complete and not is_outside,
        "outside": is_outside,
        "bound": bound(sizes, count) if strategy == "pct" else "",
        "seconds": time.monotonic() - began,
        "threads": sizes.threads,
        "choices": sizes.choices,
        **{name: list(those) for name, those in seen.items()},
    }


def _answer(future: Future[Found]) -> Found:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever it was that could not be asked
        return {"problem": " ".join(f"{type(error).__name__}: {error}".split())}
