"""Is the GIL on, and is it forced to be?"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ungil.runtime.switch import Switch

__all__ = ["FREE_THREADED_BUILD", "GilStatus", "forced_by", "gil_enabled", "gil_settled"]

FREE_THREADED_BUILD = "free-threading build" in sys.version
"""Can this interpreter run without the GIL at all?

`sysconfig.get_config_var("Py_GIL_DISABLED")` says the same, but sysconfig would
have to be imported for it, and a start-up of a few milliseconds would double. The words are
documented in "Python support for free threading".
"""

_PATIENCE = 0.1  # seconds
_PAUSE = 0.002  # seconds


class GilStatus:
    """How it stands with the GIL of this interpreter.

    Attributes:
        free_threaded_build: Can it run without the GIL at all?
        enabled: Is the GIL on?
        forced_by: What keeps it on or off whatever is imported: `-X gil`,
            `PYTHON_GIL` or `the embedding program`; None if nothing does.
        switch: What switched it on, if that was watched; see `guard`.
    """

    __slots__ = ("enabled", "forced_by", "free_threaded_build", "switch")

    def __init__(
        self,
        *,
        free_threaded_build: bool,
        enabled: bool,
        forced_by: str | None,
        switch: Switch | None,
    ) -> None:
        self.free_threaded_build = free_threaded_build
        self.enabled = enabled
        self.forced_by = forced_by
        self.switch = switch

    def __str__(self) -> str:
        if not self.free_threaded_build:
            return "this is a GIL-enabled build: the GIL is always on"
        state = f"the GIL is {'on' if self.enabled else 'off'}"
        if self.forced_by:
            state += f", forced by {self.forced_by}"
        elif self.switch is not None:
            state += f": {self.switch}"
        elif self.enabled:
            state += "; what switched it on was not watched"
        return f"this is a free-threaded build, and {state}"

    def __repr__(self) -> str:
        return (
            f"GilStatus(free_threaded_build={self.free_threaded_build}, enabled={self.enabled}, "
            f"forced_by={self.forced_by!r}, switch={self.switch!r})"
        )


def gil_enabled() -> bool:
    """Is the GIL on at this moment, perhaps only while a module is being created?"""
    # Until 3.12 there was nothing to ask.
    return bool(getattr(sys, "_is_gil_enabled", _always)())


def gil_settled() -> bool:
    """Is the GIL on, apart from the moments in which modules are created?

    A free-threaded interpreter switches the GIL on before it calls a module's
    initialisation function, and off again after one that needs no GIL
    (`_imp_create_dynamic_impl` in Python/import.c). Another thread may see it
    on for that long. So it counts as on only if it stays on for a while.
    """
    if not gil_enabled():
        return False
    if FREE_THREADED_BUILD and forced_by() is None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            time.sleep(_PAUSE)
            if not gil_enabled():
                return False
    return True


def forced_by() -> str | None:
    """What decided for good, before anything ran, whether the GIL is on; None if nothing."""
    if not FREE_THREADED_BUILD or getattr(sys.flags, "gil", None) is None:
        return None
    # The option is read after the variable and wins (Python/initconfig.c).
    if "gil" in sys._xoptions:
        return "-X gil"
    if not sys.flags.ignore_environment and os.environ.get("PYTHON_GIL"):
        return "PYTHON_GIL"
    return "the embedding program"


def _always() -> bool:
    return True
