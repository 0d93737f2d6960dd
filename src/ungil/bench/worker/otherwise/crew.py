"""Threads that begin together, take pieces of work until there are none, and drop the results."""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial

from ungil.bench.worker.arms import Failed, do

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Part = tuple[Callable[[Any], Any], Sequence[Any], Sequence[Any]]
    """The function, items to be warm by, and the items."""

__all__ = ["Done", "begun", "run", "take", "warming"]

_WARMING = 10
"""One of so many items is done before, so that code is specialised."""


class Done:
    """What one worker did.

    Attributes:
        began: When, by `time.perf_counter`, which all processes have in common.
        ended: Likewise.
        cpu: Seconds of processor time.
        delay: Seconds in which it waited for a processor; 0 where the system does not say.
        pieces: Of each its seconds, and CPU seconds.
        failed: How many items raised an exception.
        failure: The first of them.
    """

    def __init__(self) -> None:
        self.began = 0.0
        self.ended = 0.0
        self.cpu = 0.0
        self.delay = 0.0
        self.pieces: list[tuple[float, float]] = []
        self.failed = 0
        self.failure = ""


def warming(items: int, workers: int) -> range:
    """The items that are done before, by their positions; at least one for each worker."""
    return range(0, items, max(1, items // max(workers, items // _WARMING)))


def begun() -> tuple[float, float, float]:
    """The clocks of this thread: now, its processor time, and how long it waited for one.

    The last is the second figure of Linux's `/proc/thread-self/schedstat` (sched-stats.rst).
    It tells a thread that sleeps from one that could run if the machine were not busy.
    """
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
            delay = int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        delay = 0.0
    return time.perf_counter(), time.thread_time(), delay


def take(part: Part, following: Callable[[], Sequence[int] | None]) -> Done:
    """Do pieces until there are none.

    Args:
        part: The function and the items.
        following: Gives the positions of the next piece's items.
    """
    function, _, items = part
    done = Done()
    done.began, cpu, delay = begun()
    while (piece := following()) is not None:
        some = [items[at] for at in piece]
        began, used = time.perf_counter(), time.thread_time()
        results = do(function, some)
        done.pieces.append((time.perf_counter() - began, time.thread_time() - used))
        for result in results:
            if isinstance(result, Failed):
                done.failed += 1
                done.failure = done.failure or result.text
    done.ended, cpu_after, delay_after = begun()
    done.cpu, done.delay = cpu_after - cpu, delay_after - delay
    return done


def run(
    workers: int,
    pieces: Sequence[Sequence[int]],
    make: Callable[[], Part],
    started: Callable[[list[threading.Thread]], None],
    *,
    dealt: bool,
) -> list[Done]:
    """Do all the pieces.

    Args:
        workers: How many threads there are.
        pieces: Positions of items.
        dealt: Each thread gets its share beforehand, so that a busy machine, which lets one
            of them wait, changes nothing about who does what. If not, who is free takes one.
        make: Gives a thread its part; called in that thread, by one at a time.
        started: Called when all stand ready.

    Raises:
        Exception: What `make` has raised.
    """
    stacks = [deque(pieces[number::workers]) for number in range(workers)]
    in_common = deque(pieces)
    done: list[Done] = []
    errors: list[BaseException] = []
    one_at_a_time = threading.Lock()
    ready = threading.Barrier(workers, lambda: started(threads))

    def work(number: int) -> None:
        try:
            with one_at_a_time:
                part = make()
            function, first, items = part
            for at in warming(len(first), workers)[number::workers]:
                do(function, [first[at]])
            del first
            part = function, (), items
            ready.wait()
            done.append(take(part, partial(_following, stacks[number] if dealt else in_common)))
        except threading.BrokenBarrierError:
            pass  # another one could not be made
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            errors.append(error)
            ready.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]
    return done


def _following(left: deque[Sequence[int]]) -> Sequence[int] | None:
    try:
        return left.popleft()
    except IndexError:
        return None
