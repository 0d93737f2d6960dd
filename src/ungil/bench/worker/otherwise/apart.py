"""Processes that have nothing in common but the machine, each with its share of the pieces.

What threads lose beside them is the cost of sharing. What they lose themselves is the
machine's limit: memory that several processors want, or processors that are not there.
"""

from __future__ import annotations

import multiprocessing
from threading import BrokenBarrierError

from ungil.bench.worker.arms import do
from ungil.bench.worker.otherwise.crew import Done, take, warming
from ungil.bench.worker.task import TaskError, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier
    from typing import Any

__all__ = ["run"]


def run(request: dict[str, Any], workers: int, pieces: Sequence[Sequence[int]]) -> list[Done]:
    """Do all the pieces.

    Raises:
        TaskError: A process could not do its share.
    """
    # Not forked: what the parent has would be shared after all.
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(workers)
    processes = []
    pipes = []
    for number in range(workers):
        ours, theirs = context.Pipe(duplex=False)
        share = pieces[number::workers]
        process = context.Process(target=_alone, args=(request, share, workers, ready, theirs))
        process.start()
        theirs.close()
        processes.append(process)
        pipes.append(ours)
    done: list[Done] = []
    problem = ""
    for ours in pipes:
        try:
            answer = ours.recv()
        except EOFError:
            answer = "a process ended by itself"
            ready.abort()
        if isinstance(answer, str):
            problem = problem or answer
        else:
            one = Done()
            for name, value in answer.items():
                setattr(one, name, value)
            done.append(one)
    for process in processes:
        process.join()
    if problem:
        raise TaskError(problem)
    return done


def _alone(
    request: dict[str, Any],
    share: Sequence[Sequence[int]],
    workers: int,
    ready: Barrier,
    answer: Connection,
) -> None:
    """Do a share, and send what came of it."""
    try:
        task = load(request)
        first = task.items()
        for at in warming(len(first), workers)[::workers]:
            do(task.function, [first[at]])
        del first
        part = task.function, (), task.items()
        left = iter(share)
        ready.wait()
        answer.send(vars(take(part, lambda: next(left, None))))
    except BrokenBarrierError:
        answer.send("another process could not begin")
    except Exception as error:  # noqa: BLE001 - the user's modules may raise anything
        ready.abort()
        answer.send(f"{type(error).__name__}: {error}")
