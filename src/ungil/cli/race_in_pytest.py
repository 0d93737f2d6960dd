"""The pytest plugin of `ungil race`: watch the tests, and run each beside itself.

    pytest --ungil-race --ungil-together 4

It does nothing without these options, unless the whole of pytest runs under `ungil race`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ungil.config import Config
    from ungil.findings import Report
    from ungil.races import Session
    from ungil.races.journal import Record

_NAME = "ungil-race-watch"

_ALONE = frozenset({"--ungil-race", "--ungil-explore"})
_WITH_VALUE = frozenset(
    {
        *("--ungil-together", "--ungil-confirm", "--ungil-strategy", "--ungil-schedules"),
        *("--ungil-seconds", "--ungil-seed"),
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("ungil")
    group.addoption("--ungil-race", action="store_true", help="watch the tests for races")
    group.addoption(
        "--ungil-together",
        metavar="N",
        type=int,
        help="with --ungil-race: run each test N times at once, in threads",
    )
    group.addoption(
        "--ungil-confirm",
        metavar="SECONDS",
        type=float,
        default=60,
        help="with --ungil-race: run tests again for so long at most, to confirm what was found",
    )

    group.addoption(
        "--ungil-explore",
        action="store_true",
        help="run each test that starts threads in many schedules, until one fails",
    )
    for name, kind, default, what in (
        ("--ungil-strategy", str, "pct", "pct, pos, random or stress"),
        ("--ungil-schedules", int, None, "how many for each test at most"),
        ("--ungil-seconds", float, 30, "how long for each test at most"),
        ("--ungil-seed", int, 0, "of what is drawn"),
    ):
        group.addoption(name, type=kind, default=default, help=f"with --ungil-explore: {what}")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Watch from here on, so that what conftest files import is seen."""
    options = early_config.known_args_namespace
    watching = sys.modules.get("ungil.races.session")
    session = None if watching is None else watching.current()
    if session is not None:  # `ungil race -m pytest`
        plugin = Together(session) if session.control is None else Controlled(session)
    elif options.ungil_explore:
        early_config.pluginmanager.register(_explorer(early_config), _NAME)
        return
    elif options.ungil_race:
        plugin = _started(early_config.rootpath, options.ungil_together)
    else:
        return
    early_config.pluginmanager.register(plugin, _NAME)


def _explorer(config: pytest.Config) -> object:
    from ungil.cli.explore_in_pytest import Wanted, explorer  # noqa: PLC0415 - most runs explore nothing
    from ungil.config import ConfigError, load  # noqa: PLC0415 - most runs of pytest need no configuration

    options = config.known_args_namespace
    wanted = Wanted(
        options.ungil_strategy,
        options.ungil_schedules,
        options.ungil_seconds,
        options.ungil_seed,
    )
    try:
        project = load(config.rootpath / "pyproject.toml")
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    arguments = _without_us(config.invocation_params.args)[2:]
    return explorer(config.rootpath, project, wanted, arguments)


def _started(folder: Path, together: int | None) -> Watcher:
    from ungil.cli.race_report import settings_of  # noqa: PLC0415 - most runs of pytest are not watched
    from ungil.config import ConfigError, load  # noqa: PLC0415 - most runs of pytest need no configuration
    from ungil.races import Session  # noqa: PLC0415 - likewise

    try:
        config = load(folder / "pyproject.toml")
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    if together is not None:
        config = replace(config, race=replace(config.race, together=together))
    records: list[Record] = []
    session = Session(settings_of(config, folder, cached=True), records.append)
    session.start()
    # What plugins have imported already is watched as well.
    session.take_over()
    return Watcher(session, config, records)


def _without_us(arguments: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The same run of pytest, not watched."""
    words = iter([os.fspath(one) for one in arguments])
    left = ["-m", "pytest"]
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif word not in _ALONE and not word.startswith(tuple(f"{one}=" for one in _WITH_VALUE)):
            left.append(word)
    return left


_RESULTS = {
    "xmlpath": None,  # pytest's own --junitxml
    "report_log": None,  # pytest-reportlog
    "htmlpath": None,  # pytest-html
    "json_report": False,  # pytest-json-report
    "no_cov": True,  # pytest-cov
}
"""Options by which a run of pytest keeps its results, and what they are if it keeps none."""


class Together:
    """Lets test modules be watched, and runs each test beside itself."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._restore: Callable[[], None] = session.watch_tests()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which test the races are seen in."""
        self._session.test(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a test several times at once, unless it is unsafe for a reason of its own."""
        from ungil.races import run_together, why_unsafe  # noqa: PLC0415 - most runs are not watched

        times = self._session.settings.together
        if times < 2:
            return None
        reason = why_unsafe(pyfuncitem.obj, pyfuncitem.fixturenames)
        if reason is not None:
            self._session.unsafe(pyfuncitem.nodeid, reason)
            return None
        names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own caller does
        arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names}
        run_together(lambda: pyfuncitem.obj(**arguments), times)
        return True

    def pytest_unconfigure(self) -> None:
        """Let pytest do as before."""
        self._restore()


class Controlled(Together):
    """Runs one test only, and tells how it failed: where threads are controlled."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave the files alone that hold the results of the run itself."""
        for option, without in _RESULTS.items():
            if hasattr(config.option, option):
                setattr(config.option, option, without)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out all other tests."""
        if self._session.only:
            items[:] = [one for one in items if one.nodeid == self._session.only]

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        """The test has failed; what pytest makes of it is of no interest."""
        from ungil.races.schedule.carriers import Ended  # noqa: PLC0415 - most runs control nothing

        if self._session.control is not None and call.excinfo is not None:
            try:
                self._session.control.fail(call.excinfo.value)
            except Ended:
                # Of which pytest would print where it came from, in full.
                pytest.exit("it failed in this schedule")

    def pytest_runtest_logfinish(self) -> None:
        """It is the only test; what pytest does at its end may take longer than all of it."""
        if self._session.control is not None:
            self._session.control.finish()


class Watcher(Together):
    """Watches, and reports at the end."""

    def __init__(self, session: Session, config: Config, records: list[Record]) -> None:
        super().__init__(session)
        self._config = config
        self._records = records
        self._report: Report | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the watch; races make the run fail, as a failed test does."""
        from ungil.cli.race_report import Again, report_of  # noqa: PLC0415 - most runs of pytest are not watched
        from ungil.races import observation  # noqa: PLC0415 - likewise

        self._session.stop()
        seconds = session.config.getoption("--ungil-confirm")
        program = _without_us(session.config.invocation_params.args)
        again = Again(program, self._session.settings, seconds) if seconds else None
        found = observation(self._records)
        self._report = report_of(found, "pytest", self._config, again=again)
        failed = self._report.exit_status(self._config.fail_on) == 1
        if failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        from ungil import reports  # noqa: PLC0415 - likewise

        if self._report is None:
            return
        terminalreporter.section("ungil race")
        terminalreporter.write_line(
            reports.render(
                self._report,
                "terminal",
                width=terminalreporter._tw.fullwidth,  # noqa: SLF001 - as wide as the rest
                color=terminalreporter.hasmarkup,
                verbose=terminalreporter.verbosity > 0,
                encoding="utf-8",
            )
        )
