"""The guard: code that has to run without the GIL says so."""

from __future__ import annotations

from ungil.runtime.status import (
    FREE_THREADED_BUILD,
    GilStatus,
    forced_by,
    gil_settled,
)
from ungil.runtime.subinterpreters import guard_new_interpreters, leave_new_interpreters
from ungil.runtime.switch import GilEnabledError, Switch, warn
from ungil.runtime.watch import Creation, creating, first_switch, listen, stop_listening, watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Literal, Self, TypeVar

    Call = TypeVar("Call", bound=Callable[..., Any])

__all__ = ["came_on", "gil_status", "guard", "refusal", "require_free_threading"]

_REMEDY = (
    "`ungil check` finds a version that keeps the GIL off; `ungil run` shows what else would "
    "switch it on"
)


def gil_status() -> GilStatus:
    """How it stands with the GIL of this interpreter, now."""
    switch = first_switch()
    enabled = switch is not None or gil_settled()
    if forced_by() is None and switch is None and creating() and FREE_THREADED_BUILD:
        enabled = False  # on for the moment; what it comes to will be seen
    return GilStatus(
        free_threaded_build=FREE_THREADED_BUILD,
        enabled=enabled,
        forced_by=forced_by(),
        switch=switch,
    )


def require_free_threading() -> None:
    """Go on only without the GIL.

    Raises:
        GilEnabledError: This is a GIL-enabled build, or its GIL is on; the
            message says which, and why as far as it is known.
    """
    status = gil_status()
    if not status.free_threaded_build:
        raise GilEnabledError(
            "this needs a free-threaded Python, and this is a GIL-enabled build; "
            "`ungil python find` names one, `ungil python install 3.14t` gets one"
        )
    if status.enabled:
        raise GilEnabledError(_already_on(status), status.switch)


def refusal(creation: Creation) -> GilEnabledError | None:
    """What an import should raise that switched the GIL on; each time it is tried again.

    Returns:
        None if it did not.
    """
    switch = first_switch()
    if switch is None or creation.module != switch.module or creation.failed:
        return None
    return GilEnabledError(came_on(switch), switch)


class guard:  # noqa: N801 - used like a function, as `contextlib.suppress` is
    """See to it that nothing switches the GIL on meanwhile.

        with ungil.guard():
            serve()

        @ungil.guard(on_gil="warn")
        def work(): ...

    The import that switches the GIL on fails with an error, in whichever
    thread it happens, and fails again if it is tried again. Sub-interpreters that
    are created meanwhile are guarded to their end. If the GIL is on when the
    guarded code begins, or when it ends without another exception, that is an
    error too: guarded code never ends quietly with the GIL on. Nothing can switch
    the GIL off again.

    On a GIL-enabled build there is nothing to guard and nothing happens, so
    that the same code runs on both; `require_free_threading` is the stricter.

    Args:
        on_gil: `fail` raises `GilEnabledError`; `warn` issues a
            `GilEnabledWarning`, once.
    """

    def __init__(self, on_gil: Literal["fail", "warn"] = "fail") -> None:
        if on_gil not in {"fail", "warn"}:
            raise ValueError(f"on_gil is 'fail' or 'warn', not {on_gil!r}")
        self._on_gil = on_gil
        self._warned = False

    def for_good(self) -> None:
        """Guard this process to its end, as a worker wants it when it starts.

        Raises:
            GilEnabledError: The GIL is on already, and `on_gil` is `fail`.
        """
        self.__enter__()

    def __enter__(self) -> Self:
        if FREE_THREADED_BUILD:
            self._warned = False
            watch()  # before looking, so that nothing happens in between unseen
            status = gil_status()
            if status.enabled:
                self._say(_already_on(status), status.switch)
            listen(self._created)
            guard_new_interpreters(self._on_gil)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not FREE_THREADED_BUILD:
            return
        stop_listening(self._created)
        leave_new_interpreters(self._on_gil)
        if error is None and not self._warned:
            status = gil_status()
            if status.enabled:
                self._say(_already_on(status), status.switch)

    def __call__(self, function: Call) -> Call:
        """Guard each call of the function; of a coroutine function, until it ends."""
        import functools  # noqa: PLC0415 - only decorators pay for it
        import inspect  # noqa: PLC0415 - likewise

        on_gil = self._on_gil
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_coroutine(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever it is
                with guard(on_gil):
                    return await function(*args, **more)

            return guarded_coroutine  # type: ignore[return-value]  # the same signature

        @functools.wraps(function)
        def guarded(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - likewise
            with guard(on_gil):
                return function(*args, **more)

        return guarded  # type: ignore[return-value]  # the same signature

    def _created(self, creation: Creation) -> GilEnabledError | None:
        if self._on_gil == "fail":
            return refusal(creation)
        if creation.switch is not None:
            self._say(came_on(creation.switch), creation.switch)
        return None

    def _say(self, message: str, switch: Switch | None) -> None:
        if self._on_gil == "fail":
            raise GilEnabledError(message, switch)
        if not self._warned:
            self._warned = True
            warn(message, switch)


def _already_on(status: GilStatus) -> str:
    if status.forced_by:
        return f"the GIL is on: {status.forced_by} forces it; run without that"
    if status.switch is None:
        return (
            "the GIL is on, and what switched it on was not watched; "
            "`ungil run` names the module and the imports that led to it"
        )
    return came_on(status.switch)


def came_on(switch: Switch) -> str:
    """What there is to say about a switch, and what to do."""
    return f"the GIL is on: {switch}; {_REMEDY}"
