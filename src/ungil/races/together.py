"""Running a test beside itself, for libraries whose tests start no threads."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator
from types import CodeType

__all__ = ["run_together", "why_unsafe"]

_FIXTURES = {
    "monkeypatch": "it patches what all threads share",
    "mocker": "it patches what all threads share",
    "capsys": "it captures what all threads print",
    "capsysbinary": "it captures what all threads print",
    "capfd": "it captures what all threads print",
    "capfdbinary": "it captures what all threads print",
    "caplog": "it captures what all threads log",
    "recwarn": "it catches the warnings of all threads",
    "pytester": "it changes the working directory",
    "testdir": "it changes the working directory",
    "tmp_path": "its temporary files are shared",
    "tmpdir": "its temporary files are shared",
}

_NAMES = {
    "catch_warnings": "it catches the warnings of all threads",
    "deprecated_call": "it catches the warnings of all threads",
    "warns": "it catches the warnings of all threads",
    "simplefilter": "it changes the filters of warnings",
    "chdir": "it changes the working directory",
    "environ": "it uses the environment of the process",
    "putenv": "it changes the environment of the process",
    "setlocale": "it changes the locale",
    "signal": "it handles signals, which only the main thread can",
    "setrecursionlimit": "it changes the interpreter's settings",
    "settrace": "it changes the interpreter's settings",
    "redirect_stdout": "it redirects what all threads print",
    "redirect_stderr": "it redirects what all threads print",
    "patch": "it patches what all threads share",
    "setattr": "it may patch what all threads share",
}


def why_unsafe(function: Callable[..., object], fixtures: Iterable[str]) -> str | None:
    """Why a test cannot run beside itself for a reason of its own; None if it can.

    Args:
        function: The test.
        fixtures: The names of those it uses.
    """
    for name in fixtures:
        if name in _FIXTURES:
            return f"{_FIXTURES[name]} ({name})"
    if hasattr(function, "hypothesis"):
        return "Hypothesis runs it many times itself"
    # A plugin may have put a plain function around it.
    if inspect.iscoroutinefunction(inspect.unwrap(function)):
        return "it is a coroutine, and an event loop runs one at a time"
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(code, CodeType):
        return "it is no plain function"
    for name in _names(code):
        if name in _NAMES:
            return f"{_NAMES[name]} ({name})"
    return None


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def run_together(function: Callable[[], object], times: int) -> None:
    """Call a function several times at once, each in a thread of its own.

    Raises:
        BaseException: What the first of the calls that failed raised.
    """
    barrier = threading.Barrier(times)
    errors: list[BaseException] = []

    def run() -> None:
        barrier.wait()
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, name=f"copy {one + 1}") for one in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
