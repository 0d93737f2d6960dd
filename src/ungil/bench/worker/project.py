"""Which files are the user's own, rather than Python's, an installed package's or ours."""

from __future__ import annotations

import os
import sys
import sysconfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

__all__ = ["of_project", "project_modules", "where"]

_PYTHON = (sysconfig.get_path("stdlib") + os.sep, sysconfig.get_path("platstdlib") + os.sep)
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep  # noqa: PTH100, PTH120 - pathlib would be the largest thing imported here
_WORKLOADS = os.path.join(_OURS, "bench", "workloads") + os.sep  # noqa: PTH118 - pathlib would be the largest thing imported here


def of_project(file: str) -> bool:
    """Is a file of Python one that the user could change?

    Args:
        file: As code objects and modules name it.
    """
    if not file.endswith(".py"):
        return False  # `<frozen importlib>`, `<string>`, and what is compiled
    if file.startswith(_WORKLOADS):
        return True
    installed = any(part in file for part in _INSTALLED)
    return not (installed or file.startswith(_PYTHON) or file.startswith(_OURS))


def project_modules() -> list[str]:
    """The names of the user's modules that have been imported."""
    return [
        name
        for name, module in list(sys.modules.items())
        if name not in {"__main__", "__mp_main__"}
        and of_project(getattr(module, "__file__", None) or "")
    ]


def where(frame: FrameType | None) -> tuple[str, int] | None:
    """The nearest place in the user's files on the way to a call; None if there is none."""
    while frame is not None:
        if of_project(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
