"""Ask the worker for runs: the only part of diagnosing that touches the outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from ungil.bench.asking import Bench
from ungil.bench.diagnose.model import Ask, Place, Run
from ungil.bench.model import Build

__all__ = ["Asked", "Runs", "RunsError", "Shared"]


Answer = TypeVar("Answer")


class RunsError(Exception):
    """A run did not come off; the message is a sentence without a full stop."""


class Shared(msgspec.Struct, frozen=True):
    """What threads have in common, and the files of the user's modules."""

    places: tuple[Place, ...]
    files: Mapping[str, str]


class Runs(Protocol):
    """Where runs come from."""

    def take(self, ask: Ask) -> Run:
        """Carry out a run.

        Raises:
            RunsError: It did not come off.
        """

    def shared(self) -> Shared:
        """What threads have in common.

        Raises:
            RunsError: That could not be found out.
        """


class Asked:
    """Runs of one build, each in a process of its own."""

    def __init__(self, bench: Bench, build: Build) -> None:
        self._bench = bench
        self._build = build

    def take(self, ask: Ask) -> Run:
        """See `Runs`."""
        return self._answer({"ask": "otherwise", "piece": None, **msgspec.to_builtins(ask)}, Run)

    def shared(self) -> Shared:
        """See `Runs`."""
        return self._answer({"ask": "places"}, Shared)

    def _answer(self, request: Mapping[str, object], kind: type[Answer]) -> Answer:
        answer, problem = self._bench.ask(self._build, request)
        if problem is not None:
            raise RunsError(problem.problem)
        try:
            return msgspec.convert(answer, kind, strict=False)
        except msgspec.ValidationError as error:
            raise RunsError(f"its answer is none: {error}") from None
