"""What the compiled modules of a distribution declare about the GIL.

Read from the binaries, wherever they are: in a wheel on an index, in one at
hand, installed, or built in place. Nothing is loaded or run. What a wheel
holds is kept by its hash, so each is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

from ungil import resolution
from ungil.findings import Evidence, Module, printable
from ungil.index import File, Learnt, PackageIndexError
from ungil.readiness.importable import Binary, importable, is_worth_reading
from ungil.target import Target

if TYPE_CHECKING:
    from ungil.extensions import ExtensionModule, Member

__all__ = ["Index", "Reading", "read_files", "read_local_wheel", "read_wheel"]

T = TypeVar("T")

_KIND = "declarations-1"  # to be raised with every change of what is read out of a binary


class Index(resolution.Index, Protocol):
    """What judging asks of a package index."""

    def open(self, file: File, /) -> AbstractContextManager[BinaryIO]:
        """A wheel, to be read in parts.

        Raises:
            PackageIndexError: It cannot be had; also while it is read.
        """

    def fetch(self, file: File, /) -> AbstractContextManager[Path]:
        """A whole wheel on this machine, for as long as it is needed.

        Raises:
            PackageIndexError: It cannot be had.
        """

    def learnt(self, kind: str, of: type[T], /) -> Learnt[T]:
        """What was found out about files before."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a distribution for one target.

    Attributes:
        modules: Those that the target would find.
        refused: Why the archive is one that nobody should install; else empty.
        unread: Why nothing could be read; else empty.
        imported: Were all of the modules imported, and is that what they say?
        unimported: Why some were not, where they should have been; else empty.
        disagreements: Modules as they were read, and as importing showed them.
    """

    modules: tuple[Module, ...] = ()
    refused: str = ""
    unread: str = ""
    imported: bool = False
    unimported: str = ""
    disagreements: tuple[tuple[Module, Module], ...] = ()

    @property
    def evidence(self) -> Evidence:
        """What `keeps_gil_off` rests on."""
        if not self.is_complete:
            return Evidence.TAG
        return Evidence.IMPORTED if self.imported else Evidence.DECLARATION

    @property
    def is_complete(self) -> bool:
        """Were all its files seen?"""
        return not (self.refused or self.unread)

    @property
    def keeps_gil_off(self) -> bool | None:
        """Would importing all of them leave the GIL off?"""
        answers = {module.keeps_gil_off for module in self.modules}
        if False in answers:
            return False
        return None if None in answers or not self.is_complete else True


def read_wheel(index: Index, file: File, target: Target) -> Reading:
    """Read a wheel on an index; only what is needed is transferred."""
    learnt = index.learnt(_KIND, tuple[Binary, ...])
    binaries = learnt.get(file)
    if binaries is None:
        found = _in_wheel(lambda: index.open(file), file.name)
        if isinstance(found, Reading):
            return found
        binaries = found
        learnt.put(file, binaries)
    return Reading(importable(binaries, target))


def read_local_wheel(path: Path, target: Target) -> Reading:
    """Read a wheel at hand."""
    found = _in_wheel(lambda: path.open("rb"), path.name)
    return found if isinstance(found, Reading) else Reading(importable(found, target))


def read_files(files: Iterable[tuple[str, Path]], target: Target) -> Reading:
    """Read files of this machine.

    Args:
        files: Each by its path below the folder that is searched, with
            slashes, and where it is.
        target: Whose modules count.
    """
    wanted = ((path, file) for path, file in files if is_worth_reading(path))
    return Reading(
        importable([_binary(path, partial(_of_file, file)) for path, file in wanted], target)
    )


def _in_wheel(
    opened: Callable[[], AbstractContextManager[BinaryIO]], name: str
) -> tuple[Binary, ...] | Reading:
    """What a wheel holds, or why it was not read."""
    # The readers are of no use to a run that knows all its wheels.
    from ungil.extensions import Archive, ArchiveError  # noqa: PLC0415 - they load a disassembler

    try:
        with opened() as wheel:
            return tuple(
                _binary(member.path, partial(_of_member, member))
                for member in Archive(wheel).members
                if is_worth_reading(member.path)
            )
    except ArchiveError as error:
        return Reading(refused=printable(str(error)))
    except PackageIndexError as error:
        return Reading(unread=str(error))
    except OSError as error:
        return Reading(unread=printable(f"{name} cannot be read: {error.strerror or error}"))


def _of_member(member: Member) -> list[ExtensionModule]:
    from ungil.extensions import read  # noqa: PLC0415 - as above

    return read(member.open())


def _of_file(file: Path) -> list[ExtensionModule]:
    from ungil.extensions import BinaryError, read  # noqa: PLC0415 - as above

    try:
        return read(file)
    except OSError as error:
        raise BinaryError(f"it cannot be opened: {error.strerror or error}") from None


def _binary(path: str, modules: Callable[[], Iterable[ExtensionModule]]) -> Binary:
    from ungil.extensions import ArchiveError, BinaryError  # noqa: PLC0415 - as above

    try:
        exported = tuple(module.described(path, module.name) for module in modules())
    except ArchiveError:
        raise
    except BinaryError as error:
        return Binary(path, problem=printable(str(error)))
    return Binary(path, exported)
