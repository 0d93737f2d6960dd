"""`pytest --ungil-explore`: each test that starts threads, in many schedules.

What a test does there, it does in copies of this process; then it is run once more as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ungil.cli.schedules import file_named, turns
from ungil.findings import printable
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.copies.copied import STRATEGIES_OF_COPIES, Sought, seek_in_copies
from ungil.races.schedule.copies.forks import can_fork
from ungil.races.schedule.copies.stressed import TRIALS, stress_aside
from ungil.races.schedule.exploring import Failure
from ungil.races.schedule.recorded import Recorded, write_recorded
from ungil.races.session import Session
from ungil.reports.columns import columns

if TYPE_CHECKING:
    from ungil.config import Config

_SCHEDULES = 200
"""At most so many, if nobody says otherwise."""

_ENDS = {
    "failed": "It fails",
    "deadlock": "It does not go on",
    "livelock": "It does not end",
}
"""By the kinds of failures."""

_NOT = ("skip", "xfail")
"""Marks of tests that need not pass."""

__all__ = ["Explorer", "Wanted", "explorer"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        strategy: The name of one.
        schedules: How many for each test at most; None for as many as are usual.
        seconds: How long for each at most.
        seed: Of what is drawn.
    """

    strategy: str
    schedules: int | None
    seconds: float
    seed: int


def explorer(folder: Path, config: Config, wanted: Wanted, arguments: Sequence[str]) -> Explorer:
    """What explores the tests of this process.

    Args:
        folder: The project's.
        config: Of the project.
        wanted: What was asked for.
        arguments: Of pytest, as they are to be given when a schedule is followed again.

    Raises:
        UsageError: It cannot be done here.
    """
    from ungil.cli.race_report import settings_of  # noqa: PLC0415 - where all is that a run needs

    _check(wanted)
    if not can_fork():
        raise pytest.UsageError("--ungil-explore needs processes that can be copied")
    try:
        control = Control()
    except NotPossibleError as error:
        raise pytest.UsageError(str(error)) from None
    session = Session(settings_of(config, folder, cached=True), lambda _: None, control)
    session.start()
    session.take_over()
    return Explorer(session, control, wanted, arguments)


def _check(wanted: Wanted) -> None:
    """Raise a UsageError if there is no such thing."""
    if wanted.strategy not in (*STRATEGIES_OF_COPIES, "stress"):
        names = ", ".join((*STRATEGIES_OF_COPIES, "stress"))
        raise pytest.UsageError(
            f"--ungil-strategy: no strategy {wanted.strategy!r}; there are {names}"
        )
    if wanted.schedules is not None and wanted.schedules < 1:
        raise pytest.UsageError("--ungil-schedules: at least one")
    if not wanted.seconds > 0:
        raise pytest.UsageError("--ungil-seconds: more than none")


class Explorer:
    """Explores each test before it is run."""

    def __init__(
        self, session: Session, control: Control, wanted: Wanted, arguments: Sequence[str]
    ) -> None:
        self._session = session
        self._control = control
        self._wanted = wanted
        self._arguments = arguments
        self._restore = session.watch_tests()
        self._explored: dict[str, Sought] = {}
        self._stressed: dict[str, Failure] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Explore a test."""
        if not isinstance(item, pytest.Function) or any(map(item.get_closest_marker, _NOT)):
            return
        wanted = self._wanted
        if wanted.strategy == "stress":
            sought = self._tried(item)
        else:
            schedules = wanted.schedules or _SCHEDULES
            sought = self._sought(item, wanted.strategy, schedules, wanted.seconds)
        if sought.tried or sought.hung:  # it starts threads
            self._explored[item.nodeid] = sought

    def _sought(
        self, item: pytest.Function, strategy: str, schedules: int, seconds: float
    ) -> Sought:
        return seek_in_copies(
            self._control,
            lambda: _run(item),
            strategy=strategy,
            schedules=schedules,
            seconds=seconds,
            seed=self._wanted.seed,
            patience=self._wanted.seconds,
        )

    def _tried(self, item: pytest.Function) -> Sought:
        """In plain threads; if they fail, a schedule that does is sought."""
        wanted = self._wanted
        found = stress_aside(
            lambda: partial(_trial, item),
            trials=wanted.schedules or TRIALS,
            seconds=wanted.seconds,
            patience=wanted.seconds,
        )
        if found.failure is None:
            return Sought(found.executions if found.threads > 1 else 0)
        self._stressed[item.nodeid] = found.failure
        rest = max(1.0, wanted.seconds - found.seconds)
        sought = self._sought(item, "pct", sys.maxsize, rest)
        return replace(sought, tried=found.executions, hung=sought.hung or "no schedule shows it")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Fail, in the place of a test that fails in a schedule, or hangs."""
        sought = self._explored.get(item.nodeid)
        if sought is None or (sought.failure is None and not sought.hung):
            return
        pytest.fail(self._told(item, sought), pytrace=False)

    def _told(self, item: pytest.Item, sought: Sought) -> str:
        stressed, failure = self._stressed.get(item.nodeid), sought.failure
        if stressed is not None:
            said = f"{_ENDS[stressed.kind]} in trial {stressed.found} of stress: {stressed.text}."
            if failure is None:
                return printable(f"{said} No schedule of ours shows it.")
            return f"{printable(said)}\n{self._schedule(item, sought, failure)}"
        if failure is None:
            return f"It could not be explored: {sought.hung}."
        return self._schedule(item, sought, failure)

    def _schedule(self, item: pytest.Item, sought: Sought, failure: Failure) -> str:
        """How it fails in a schedule, which is kept."""
        file = file_named(item.nodeid)
        recorded = Recorded(
            ("-m", "pytest", *self._arguments),
            failure.kind,
            failure.text,
            failure.choices,
            sought.shared,
            item.nodeid,
            carrier=sought.carrier,
        )
        try:
            write_recorded(recorded, file)
            again = (
                f"`ungil race replay {file.as_posix()}` runs it again, with --pdb in a debugger."
            )
        except OSError as error:
            again = f"Its schedule could not be kept: {error}."
        lines = columns(turns(failure.steps), "─")
        said = f"{_ENDS[failure.kind]} in schedule {failure.found}"
        return "\n".join(map(printable, [f"{said}: {failure.text}.", again, "", *lines]))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was explored, and how far."""
        if not self._explored:
            terminalreporter.write_line("ungil: no test started a thread, so none was explored.")
            return
        tried = sum(sought.tried for sought in self._explored.values())
        tests = len(self._explored)
        ways = "trials" if self._wanted.strategy == "stress" else "schedules"
        terminalreporter.write_line(
            f"ungil: {tests} test{'s' * (tests != 1)} explored in {tried:,} {ways}, by "
            f"{self._wanted.strategy}; others may fail."
        )

    def pytest_unconfigure(self) -> None:
        """Let pytest do as before."""
        self._session.stop()
        self._restore()


def _trial(item: pytest.Function) -> None:
    """Run a test with fixtures that are made for it, and taken down behind it."""
    item._initrequest()  # noqa: SLF001 - there is no other way to run one again
    try:
        _run(item)
    finally:
        # Up to what is around it, since it comes next as well.
        item.ihook.pytest_runtest_teardown(item=item, nextitem=item.parent)


def _run(item: pytest.Function) -> None:
    """Run a test with its fixtures; in a copy, which needs no reports."""
    with suppress(pytest.skip.Exception, pytest.xfail.Exception):
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
        # A test of `unittest` keeps what it fails with.
        for kept in getattr(item, "_excinfo", None) or ():
            raise kept.value
