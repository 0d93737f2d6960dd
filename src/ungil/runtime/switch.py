"""What is known of the moment in which the GIL came on."""

from __future__ import annotations

import sys
import warnings

from ungil.runtime.distribution import distribution_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ungil.runtime.imports import ImportStep

__all__ = [
    "GilEnabledError",
    "GilEnabledWarning",
    "Switch",
    "interpreter_number",
    "thread_name",
    "warn",
]


class Switch:
    """The GIL of a free-threaded interpreter came on while a module was imported.

    Attributes:
        module: The extension module, dotted, e.g. `lxml.etree`.
        certain: Did the interpreter itself name the module? If not, it is the
            one that was being imported when the GIL was found to be on.
        file: The module's file; None if it has none.
        distribution: The name of what installed the file; None if not known.
        version: Its version; None if not known.
        chain: The imports that led to it, the outermost first.
        thread: The name of the importing thread.
        interpreter: The sub-interpreter's number; 0 for the main interpreter.
        seconds: How long after watching began.
    """

    __slots__ = (
        "certain",
        "chain",
        "distribution",
        "file",
        "interpreter",
        "module",
        "seconds",
        "thread",
        "version",
    )

    def __init__(
        self,
        module: str,
        *,
        certain: bool,
        file: str | None,
        chain: tuple[ImportStep, ...],
        seconds: float,
    ) -> None:
        found = distribution_of(file) if file else None
        self.module = module
        self.certain = certain
        self.file = file
        self.distribution = found[0] if found else None
        self.version = found[1] if found else None
        self.chain = chain
        self.thread = thread_name()
        self.interpreter = interpreter_number()
        self.seconds = seconds

    def __str__(self) -> str:
        # The user's own lines first: they are what can be changed.
        way = f": {', '.join(map(str, self.chain))}" if self.chain else ""
        return f"{self.what}{way}{f' ({self.file})' if self.file else ''}"

    @property
    def what(self) -> str:
        """In words: which module of which distribution did it, and how late."""
        of = f" of {self.distribution} {self.version}" if self.distribution else ""
        who = f"{self.module}{of}"
        where = f"in thread {self.thread}"
        if self.interpreter:
            where = f"in sub-interpreter {self.interpreter}, {where}"
        if self.certain:
            return f"importing {who} switched it on after {self.seconds:.2f} s {where}"
        return f"it came on after {self.seconds:.2f} s {where} while {who} was imported"

    def __repr__(self) -> str:
        return f"<Switch {self}>"


class GilEnabledError(RuntimeError):
    """The GIL is on where it has to be off.

    No ImportError: programs catch those where a module is optional, and would
    run on with the GIL.

    Attributes:
        switch: What switched it on; None if that was not watched.
    """

    __module__ = "ungil"  # what a traceback shows is where it can be imported from

    def __init__(self, message: str, switch: Switch | None = None) -> None:
        super().__init__(message)
        self.switch = switch


class GilEnabledWarning(RuntimeWarning):
    """The GIL is on where it should be off."""

    __module__ = "ungil"


_warned_of: Switch | None = None


def warn(message: str, switch: Switch | None) -> None:
    """Issue a `GilEnabledWarning`: for a switch once, and at the import that did it."""
    global _warned_of  # noqa: PLW0603 - whoever guards, a process has one switch
    if switch is not None and switch is _warned_of:
        return
    _warned_of = switch or _warned_of
    for step in reversed(switch.chain if switch else ()):
        if step.line is not None:
            warnings.warn_explicit(message, GilEnabledWarning, step.file, step.line)
            return
    warnings.warn(message, GilEnabledWarning, stacklevel=4)


def thread_name() -> str:
    """The name of this thread, without making one up for it."""
    # Not imported for this: whoever starts threads with names has done so.
    threading = sys.modules.get("threading")
    if threading is not None:
        for thread in threading.enumerate():
            if thread.ident == threading.get_ident():
                return str(thread.name)
        return "without a name"
    return "MainThread"


def interpreter_number() -> int:
    """The number of this sub-interpreter; 0 for the main interpreter."""
    try:
        import _interpreters  # noqa: PLC0415 - seldom wanted, and new in 3.13
    except ImportError:
        return 0
    current = _interpreters.get_current()
    return int(current[0])
