"""What to do about a distribution that does not simply install."""

from __future__ import annotations

from packaging.version import Version

from ungil import rules
from ungil.findings import Rule
from ungil.project import Pin
from ungil.readiness.history import History

__all__ = ["remedy"]

_OTHERWISE = {
    rules.NOTHING_FITS: "Ask for free-threaded wheels, or make it optional or replace it.",
    rules.WRONG_PLATFORM: "Ask for free-threaded wheels for this platform.",
    rules.PYTHON_EXCLUDED: "Ask its maintainers to admit this Python, or replace it.",
    rules.ABI3_ONLY: "Ask for free-threaded wheels (abi3t from 3.15 on).",
    rules.SOURCE_ONLY: "Build and test it once and keep the wheel, or ask for wheels.",
    rules.PURE_FALLBACK: "Measure whether the speed matters; if so, ask for compiled wheels.",
}


def remedy(case: Rule, pin: Pin, past: History) -> str:
    """One or two sentences: which version would do, or what else helps.

    Args:
        case: How the pinned version stands now.
        pin: What would be installed now.
        past: The versions that would do.
    """
    words = _version_words(pin.name, pin.version, past)
    if not words:
        words = f"No version of it does yet. {_OTHERWISE.get(case, '')}".rstrip()
    if not pin.direct and pin.required_by:
        words += f" It is required by {', '.join(pin.required_by[:3])}."
    return words


def _version_words(name: str, version: str, past: History) -> str:
    if past.newest is None:
        return ""
    day = f" ({past.first_date})" if past.first_date else ""
    if Version(past.newest) < Version(version):
        return f"Go back to {name}=={past.newest}, the newest version that does."
    if past.first is None or Version(past.first) <= Version(version):
        return f"Require {name}>={past.newest}, the newest version that does."
    newest = f"; the newest is {past.newest}" if past.newest != past.first else ""
    return f"Require {name}>={past.first}, the first version that does{day}{newest}."
