"""What to do about a distribution that does not simply install."""

from __future__ import annotations

from packaging.version import Version

from ungil import rules
from ungil.findings import Rule
from ungil.project import Pin
from ungil.readiness.history import History
from ungil.target import Target

__all__ = ["remedy"]

_OTHERWISE = {
    rules.NOTHING_FITS: "Ask its maintainers for {abi} wheels, or make it optional or replace it.",
    rules.WRONG_PLATFORM: "Ask its maintainers for {abi} wheels for this platform.",
    rules.PYTHON_EXCLUDED: "Ask its maintainers to admit Python {python}, or replace it.",
    rules.ABI3_ONLY: "Ask its maintainers for {abi} wheels (from 3.15 on: abi3t).",
    rules.SOURCE_ONLY: (
        "Build it once for {python} and keep the wheel, if its tests pass there; "
        "or ask its maintainers for {abi} wheels."
    ),
    rules.PURE_FALLBACK: "Measure whether the speed matters; if so, ask for {abi} wheels.",
}


def remedy(case: Rule, pin: Pin, past: History, target: Target) -> str:
    """One or two sentences: which version would do, or what else helps.

    Args:
        case: How the pinned version stands now.
        pin: What would be installed now.
        past: The versions that would do.
        target: For which target.
    """
    words = _version_words(pin.name, pin.version, past)
    if not words:
        words = f"No version of {pin.name} does yet. " + _OTHERWISE.get(case, "").format(
            abi=target.python.abi, python=target.python
        )
    if not pin.direct and pin.required_by:
        words += f" It is required by {', '.join(pin.required_by[:3])}."
    return words


def _version_words(name: str, version: str, past: History) -> str:
    if past.newest is None:
        return ""
    since = ""
    if past.first is not None:
        day = f" of {past.first_date}" if past.first_date else ""
        since = f"; the first that did is {past.first}{day}"
    if Version(past.newest) > Version(version):
        floor = past.first if past.first and Version(past.first) > Version(version) else None
        wanted = f"{name}>={floor or past.newest}"
        return f"Require {wanted}: the newest version that does is {past.newest}{since}."
    return f"Go back to {name}=={past.newest}, the newest version that does{since}."
