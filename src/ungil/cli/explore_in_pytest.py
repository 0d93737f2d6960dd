"""`pytest --ungil-explore`: each test that starts threads, in many schedules.

What a test does there, it does in copies of this process; then it is run once more as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ungil.cli.schedules import file_named, turns
from ungil.findings import printable
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.copies.copied import STRATEGIES_OF_COPIES, Sought, seek_in_copies
from ungil.races.schedule.copies.forks import can_fork
from ungil.races.schedule.recorded import Recorded, write_recorded
from ungil.races.session import Session
from ungil.reports.columns import columns

if TYPE_CHECKING:
    from ungil.config import Config

_NOT = ("skip", "xfail")
"""Marks of tests that need not pass."""

__all__ = ["Explorer", "Wanted", "explorer"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        strategy: The name of one.
        schedules: How many for each test at most.
        seconds: How long for each at most.
        seed: Of what is drawn.
    """

    strategy: str
    schedules: int
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
    from ungil.cli.race import settings_of  # noqa: PLC0415 - where all is that a run needs

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
    if wanted.strategy not in STRATEGIES_OF_COPIES:
        names = ", ".join(STRATEGIES_OF_COPIES)
        raise pytest.UsageError(
            f"--ungil-strategy: no strategy {wanted.strategy!r}; there are {names}"
        )
    if wanted.schedules < 1:
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

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Explore a test."""
        if not isinstance(item, pytest.Function) or any(map(item.get_closest_marker, _NOT)):
            return
        wanted = self._wanted
        sought = seek_in_copies(
            self._control,
            lambda: _run(item),
            strategy=wanted.strategy,
            schedules=wanted.schedules,
            seconds=wanted.seconds,
            seed=wanted.seed,
            patience=wanted.seconds,
        )
        if sought.tried or sought.hung:  # it starts threads
            self._explored[item.nodeid] = sought

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Fail, in the place of a test that fails in a schedule, or hangs."""
        sought = self._explored.get(item.nodeid)
        if sought is None or (sought.failure is None and not sought.hung):
            return
        pytest.fail(self._told(item, sought), pytrace=False)

    def _told(self, item: pytest.Item, sought: Sought) -> str:
        failure = sought.failure
        if failure is None:
            return f"It could not be explored: {sought.hung}."
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
        what = {"failed": "It fails", "deadlock": "It does not go on"}
        said = f"{what.get(failure.kind, 'It does not end')} in schedule {failure.found}"
        return "\n".join(map(printable, [f"{said}: {failure.text}.", again, "", *lines]))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was explored, and how far."""
        if not self._explored:
            terminalreporter.write_line("ungil: no test started a thread, so none was explored.")
            return
        tried = sum(sought.tried for sought in self._explored.values())
        tests = len(self._explored)
        terminalreporter.write_line(
            f"ungil: {tests} test{'s' * (tests != 1)} explored in {tried:,} schedules, by "
            f"{self._wanted.strategy}; others may fail."
        )

    def pytest_unconfigure(self) -> None:
        """Let pytest do as before."""
        self._session.stop()
        self._restore()


def _run(item: pytest.Function) -> None:
    """Run a test with its fixtures; in a copy, which needs no reports."""
    with suppress(pytest.skip.Exception, pytest.xfail.Exception):
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
        # A test of `unittest` keeps what it fails with.
        for kept in getattr(item, "_excinfo", None) or ():
            raise kept.value
