"""The pytest plugin: in which test the GIL came on, and tests for one build only.

    pytest --ungil-gil=fail

It is loaded in every run where ungil is installed, says in a line of the header
how it stands with the GIL, and speaks again only if an import switches it on.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ungil.runtime.guard import came_on, gil_status, refusal
from ungil.runtime.status import FREE_THREADED_BUILD
from ungil.runtime.switch import Switch, warn
from ungil.runtime.watch import Creation, listen

_NAME = "ungil-gil"
_START = "before the first test was collected"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.getgroup("ungil").addoption(
        "--ungil-gil",
        choices=("fail", "warn", "report"),
        default="report",
        help="when an import switches the GIL on: fail the test, warn, or report it at the end",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Watch from here on, so that what conftest files import is seen."""
    watcher = Watcher(early_config, early_config.known_args_namespace.ungil_gil)
    early_config.pluginmanager.register(watcher, _NAME)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for line in (
        "free_threaded: skipped unless the GIL is off when the test begins",
        "gil_enabled: skipped unless the GIL is on when the test begins",
    ):
        config.addinivalue_line("markers", line)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is for the other state of the GIL."""
    for mark, wanted in (("free_threaded", False), ("gil_enabled", True)):
        marked = item.get_closest_marker(mark) is not None
        if marked and gil_status().enabled is not wanted:
            state, other = ("on", "off") if wanted else ("off", "on")
            pytest.skip(f"needs the GIL to be {state}, and it is {other}")


class Watcher:
    """Remembers where pytest is, and tells where the GIL came on."""

    def __init__(self, config: pytest.Config, on_gil: str) -> None:
        self._config = config
        self._on_gil = on_gil
        self._place = _START
        self._came_on: tuple[str, Switch] | None = None
        self._untold = False  # the GIL came on in a test that has not failed for it
        self._elsewhere: list[str] = []  # what workers of pytest-xdist tell
        if FREE_THREADED_BUILD:
            listen(self._created)

    def _created(self, creation: Creation) -> BaseException | None:
        if creation.switch is None:
            # Not again if it is tried again: one test fails, and not all behind it.
            return None
        self._came_on = self._place, creation.switch
        self._untold = True
        if self._on_gil == "warn":
            warn(came_on(creation.switch), creation.switch)
        return refusal(creation) if self._on_gil == "fail" else None

    def pytest_report_header(self) -> str:
        """How it stands at the start."""
        unseen = "" if FREE_THREADED_BUILD else "; what would switch it on is not seen here"
        return f"ungil: {gil_status()}{unseen}"

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Importing test modules is where most of it happens."""
        self._place = f"while {collector.nodeid or 'the session'} was collected"
        try:
            return (yield)
        finally:
            self._place = "between two tests"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """From the first fixture of a test to its last."""
        self._place = f"in {item.nodeid}"
        self._untold = False
        try:
            return (yield)
        finally:
            self._place = "between two tests"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail the test even if it swallowed the error."""
        report = yield
        if self._untold and self._came_on is not None and self._on_gil == "fail":
            if report.passed:
                report.outcome = "failed"
                report.longrepr = f"the GIL is on: {self._came_on[1]}"
            self._untold = False
        return report

    def _story(self) -> list[str]:
        """Where and how the GIL came on; nothing if it is off, or always on."""
        status = gil_status()
        if self._came_on is not None:
            place, switch = self._came_on
            return [f"The GIL came on {place}:", switch.what, *map(str, switch.chain)]
        if status.free_threaded_build and status.enabled:
            return [f"{status}"]
        return []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let the exit status say it, also of what no test stands for."""
        told_elsewhere = getattr(self._config, "workeroutput", None)
        if told_elsewhere is not None:
            told_elsewhere[_NAME] = self._story()
        found = self._story() or self._elsewhere
        if found and self._on_gil == "fail" and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a type of pytest-xdist's
        """Take over what a worker of pytest-xdist has seen."""
        story = getattr(node, "workeroutput", {}).get(_NAME)
        if story and story not in self._elsewhere:
            self._elsewhere += [f"In worker {node.gateway.id}:", *story]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell the story."""
        story = [*self._story(), *self._elsewhere]
        if story:
            terminalreporter.section("the GIL")
            for line in story:
                terminalreporter.line(line)
