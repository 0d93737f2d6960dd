"""The GIL of this very process: its status, the guard, and who switched it on.

Imports the standard library only, and of that only what an interpreter has
loaded at start anyway: it lives inside other people's processes.
"""

from ungil.runtime.distribution import distribution_of
from ungil.runtime.guard import gil_status, guard, require_free_threading
from ungil.runtime.imports import ImportStep
from ungil.runtime.status import GilStatus
from ungil.runtime.switch import GilEnabledError, GilEnabledWarning, Switch

__all__ = [
    "GilEnabledError",
    "GilEnabledWarning",
    "GilStatus",
    "ImportStep",
    "Switch",
    "distribution_of",
    "gil_status",
    "guard",
    "require_free_threading",
]
