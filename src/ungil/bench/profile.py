"""What a task is like: asked of the interpreter that runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ungil.bench.asking import Bench
from ungil.bench.estimates import Estimate, share
from ungil.bench.model import Build, Outcome

__all__ = ["Pickling", "Profile", "profile", "profiles"]

_FEW = 20
"""Looks at the GIL that say nothing."""


class Pickling(msgspec.Struct, frozen=True):
    """What it costs to send all objects of a kind to another process.

    Attributes:
        bytes: Of the pickles.
        seconds: To make them, and to make objects of them again.
        problem: Why it cannot be done; empty if it can.
    """

    bytes: float = 0
    seconds: float = 0.0
    problem: str = ""


class Profile(msgspec.Struct, frozen=True):
    """One pass in serial, and what was seen of it; see `ungil.bench.worker.__main__`.

    Attributes:
        items: How many.
        wall: Seconds for all.
        cpu: Seconds of processor time, of all threads.
        delay: Seconds in which there was no processor for it.
        mean: Seconds of an item.
        variation: The standard deviation of that, relative to the mean.
        longest: The longest item's share of the time.
        function: Sending the function.
        given: Sending what it is called with.
        results: Sending what it returns.
        looks: How often we looked whether the GIL was held, while it used a processor.
        held: How often it was.
        untold: Why that is not known; empty if it is.
        gil: Was the GIL on at the end?
        switch: What switched it on, where that was seen.
    """

    items: int
    wall: float
    cpu: float
    delay: float = 0.0
    mean: float = 0.0
    variation: float = 0.0
    longest: float = 0.0
    function: Pickling = Pickling()
    given: Pickling = Pickling()
    results: Pickling = Pickling()
    looks: float = 0
    held: int = 0
    untold: str = ""
    gil: bool = True
    switch: str = ""

    @property
    def waiting(self) -> float:
        """The share of time in which it used no processor and wanted none."""
        return max(0.0, 1.0 - (self.cpu + self.delay) / self.wall) if self.wall else 0.0

    @property
    def under_gil(self) -> Estimate | None:
        """The share of its processor time that holds the GIL; None if that is not known."""
        return share(self.held, self.looks) if self.looks >= _FEW and not self.untold else None

    @property
    def unsendable(self) -> str:
        """Why it cannot be sent to another process; empty if it can."""
        for name, one in (("function", self.function), ("item", self.given)):
            if one.problem:
                return f"its {name} cannot be pickled: {one.problem}"
        return f"its result cannot be pickled: {self.results.problem}" * bool(self.results.problem)

    @property
    def sending(self) -> float:
        """Seconds of pickling for all items."""
        return self.given.seconds + self.results.seconds


def profile(bench: Bench, build: Build) -> Profile | Outcome:
    """Measure what the task is like, in a process of its own.

    Args:
        bench: Where.
        build: What runs it. One with the GIL tells how much the GIL is held.

    Returns:
        Or why there is no profile.

    Raises:
        OSError: The interpreter cannot be started, or there is no room.
    """
    answer, problem = bench.ask(build, {"ask": "profile"})
    if problem is not None:
        return problem
    try:
        return msgspec.convert(answer, Profile, strict=False)
    except msgspec.ValidationError as error:
        return Outcome(None, f"its answer is none: {error}", "died")


def profiles(
    bench: Bench, builds: Sequence[Build], progress: Callable[[str, int, int], None]
) -> dict[str, Profile]:
    """What the task is like on each build that tells something of its own.

    Args:
        bench: Where.
        builds: Of those with the GIL forced on none is asked if another has a GIL.
        progress: Told what is done, how much of it is, and of how much.

    Returns:
        By the label of the build. Who cannot do the task is left out; its samples say why.

    Raises:
        OSError: An interpreter cannot be started, or there is no room.
    """
    enabled = any(not one.free_threaded for one in builds)
    asked = [one for one in builds if one.off or not (one.free_threaded and enabled)]
    found = {}
    for done, build in enumerate(asked):
        progress(f"Looking at {bench.task.name}", done, len(asked))
        one = profile(bench, build)
        if isinstance(one, Profile):
            found[build.label] = one
    return found
