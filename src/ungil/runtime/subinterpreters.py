"""Into sub-interpreters, which share no Python object with the one that creates them."""

from __future__ import annotations

import os
import warnings

from ungil.runtime.switch import GilEnabledWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["guard_new_interpreters", "leave_new_interpreters"]

_ABOVE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A sub-interpreter's `sys.path` need not lead to this copy of ungil.
_ENTER = f"""
import sys
sys.path.insert(0, {_ABOVE!r})
try:
    import ungil
finally:
    sys.path.remove({_ABOVE!r})
ungil.guard(%r).for_good()
"""

_active: list[str] = []  # the guards that are entered, by what they do
_wrapped = False


def guard_new_interpreters(on_gil: str) -> None:
    """Guard sub-interpreters that are created from now on, to their end.

    They are created by `_interpreters.create` (3.13 and later), on which
    `concurrent.interpreters` and its executor stand. Those that C code creates
    by itself, as mod_wsgi does, are not reached.
    """
    global _wrapped  # noqa: PLW0603 - there is one `_interpreters`
    _active.append(on_gil)
    if not _wrapped:
        _wrapped = True
        import _interpreters  # noqa: PLC0415 - not there before 3.13

        _interpreters.create = _guarding(_interpreters.create, _interpreters.exec)


def leave_new_interpreters(on_gil: str) -> None:
    """End one `guard_new_interpreters`."""
    _active.remove(on_gil)


def _guarding(create: Callable[..., Any], execute: Callable[..., Any]) -> Callable[..., Any]:
    def create_guarded(*args: object, **more: object) -> object:
        number = create(*args, **more)
        if _active:
            trouble = execute(number, _ENTER % ("fail" if "fail" in _active else "warn"))
            if trouble is not None:
                warnings.warn(
                    f"sub-interpreter {number} is not guarded: {trouble.formatted}",
                    GilEnabledWarning,
                    stacklevel=2,
                )
        return number

    return create_guarded
