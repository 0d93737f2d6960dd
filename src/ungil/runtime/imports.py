"""The imports that are under way, from the stack."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["BOOTSTRAP", "ImportStep", "import_chain"]

BOOTSTRAP: Any = sys.modules["_frozen_importlib"]
_EXTERNAL: Any = sys.modules["_frozen_importlib_external"]
_FIND_AND_LOAD = BOOTSTRAP._find_and_load.__code__
_EXTENSION_LOADER = _EXTERNAL.ExtensionFileLoader

# importlib's own, as frames and tracebacks show them.
_FROZEN_FILES = (
    _FIND_AND_LOAD.co_filename,
    _EXTENSION_LOADER.create_module.__code__.co_filename,
)


class ImportStep:
    """One import on the way to a module.

    Attributes:
        module: What was imported.
        file: The file that imported it; an extension module's, if its code did.
        line: In that file, counted from 1; None for an extension module's.
        function: In which the import stands, `<module>` for the top of a
            module; empty for an extension module's.
    """

    __slots__ = ("file", "function", "line", "module")

    def __init__(self, module: str, file: str, line: int | None, function: str) -> None:
        self.module = module
        self.file = file
        self.line = line
        self.function = function

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f" in {self.function}" if self.function not in {"", "<module>"} else ""
        return f"{place}{where} imports {self.module}"

    def __repr__(self) -> str:
        return f"ImportStep({self.module!r}, {self.file!r}, {self.line!r}, {self.function!r})"


def import_chain(frame: FrameType | None) -> tuple[ImportStep, ...]:
    """The imports of one thread that are under way, the outermost first.

    Every import passes `_find_and_load` of importlib, whose argument is the
    module's name. What is below it on the stack, apart from importlib itself,
    asked for the import: Python code, which has a line, or an extension module
    in the middle of its own import, which has only a file.

    Args:
        frame: Where to begin, e.g. `sys._getframe()`.
    """
    steps: list[ImportStep] = []
    wanted = ""  # what is being imported and has no step yet
    while frame is not None:
        code = frame.f_code
        if code is _FIND_AND_LOAD:
            # A package is imported on behalf of its submodule by the same
            # statement: what counts is what is being loaded now.
            wanted = wanted or frame.f_locals["name"]
        elif wanted and code.co_filename in _FROZEN_FILES:
            loader = frame.f_locals.get("self")
            if isinstance(loader, _EXTENSION_LOADER):
                steps.append(ImportStep(wanted, loader.path, None, ""))
                wanted = ""
        elif wanted and frame.f_globals.get("__name__") != "importlib":
            steps.append(ImportStep(wanted, code.co_filename, frame.f_lineno, code.co_qualname))
            wanted = ""
        frame = frame.f_back
    return tuple(reversed(steps))
