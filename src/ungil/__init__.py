"""ungil takes Python projects off the GIL.

The command line is the main door (`ungil --help`). For programs there is the
runtime: `gil_status`, `guard` and `require_free_threading`. Importing this
package imports nothing but the standard library, because it is meant to live
inside other people's processes.

PYTEST_DONT_REWRITE: it has no assertions to explain, and where `ungil race` runs pytest it
is imported before pytest, which would warn that it came too late.
"""

from ungil._version import __version__
from ungil.runtime import (
    GilEnabledError,
    GilEnabledWarning,
    GilStatus,
    gil_status,
    guard,
    require_free_threading,
)

__all__ = [
    "GilEnabledError",
    "GilEnabledWarning",
    "GilStatus",
    "__version__",
    "gil_status",
    "guard",
    "require_free_threading",
]
