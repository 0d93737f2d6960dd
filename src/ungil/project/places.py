"""Files of the user's: named as the user would, read without surprises."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ungil.findings import Location, printable
from ungil.project.model import SubjectError

__all__ = ["LARGEST", "Document", "Place"]

LARGEST = 64 * 2**20
"""No lock or requirements file is this large; what is would only eat memory."""

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or directory: where it is, and what to call it.

    Attributes:
        path: Absolute.
        label: As the user would write it, with forward slashes.
    """

    path: Path
    label: str

    @classmethod
    def named(cls, text: str, cwd: Path) -> Place:
        """What `text` names for somebody in `cwd`: relative to it if inside it."""
        normal = Path(os.path.normpath(text))
        if normal.is_absolute() and normal.is_relative_to(cwd):
            normal = normal.relative_to(cwd)
        return cls(cwd / text, normal.as_posix())

    def inside(self, name: str) -> Place:
        """An entry of this directory."""
        return Place(self.path / name, os.path.normpath(f"{self.label}/{name}").replace("\\", "/"))

    def beside(self, name: str, label: str | None = None) -> Place:
        """What `name` means when this file says it.

        Args:
            name: Relative to this file's directory, or absolute.
            label: `name` as it may be shown, if that differs.
        """
        shown = os.path.normpath(Path(self.label).parent / (label or name))
        return Place(self.path.parent / name, shown.replace("\\", "/"))

    def problem(self, what: str, line: int | None = None) -> SubjectError:
        """The error to raise: where, then what; always one line."""
        return SubjectError(printable(f"{self.at(line)}: {what}"))

    def at(self, line: int | None = None) -> Location:
        """This place in a finding."""
        return Location(self.label, line)

    def mode(self) -> int:
        """The type of file, as `stat` has it.

        Raises:
            SubjectError: There is nothing, or it may not be seen.
        """
        try:
            return self.path.stat().st_mode
        except (OSError, ValueError) as error:  # ValueError: a null character
            raise self._unreadable(error) from None

    def exists(self) -> bool:
        """Is there anything, even a link to nothing?"""
        try:
            return os.path.lexists(self.path)
        except ValueError:
            return False

    def entries(self) -> list[str]:
        """The names in this directory, sorted.

        Raises:
            SubjectError: It may not be listed.
        """
        try:
            return sorted(entry.name for entry in self.path.iterdir())
        except OSError as error:
            raise self._unreadable(error) from None

    def read(self) -> Document:
        """The text of this file.

        UTF-8, with or without a byte-order mark; UTF-16 and UTF-32 need theirs,
        as for pip.

        Raises:
            SubjectError: It is no regular file, may not be read, is larger
                than `LARGEST` or is no text.
        """
        data = self.read_bytes()
        mark, encoding = next((m for m in _MARKS if data.startswith(m[0])), (b"", "utf-8"))
        try:
            return Document(self, data[len(mark) :].decode(encoding))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise self.problem("is not UTF-8 text; save it as UTF-8", line) from None

    def read_bytes(self, largest: int | None = None) -> bytes:
        """The bytes of this file, at most `largest`; raises like `read`."""
        largest = LARGEST if largest is None else largest
        self.require_file()
        try:
            with self.path.open("rb") as file:
                data = file.read(largest + 1)
        except OSError as error:
            raise self._unreadable(error) from None
        if len(data) > largest:
            raise self.problem(
                f"is larger than {largest // 2**20} MiB, which none of its kind is; "
                "name the right file"
            )
        return data

    def require_file(self) -> None:
        """Check that this is a regular file: opening a pipe waits for its other end.

        Raises:
            SubjectError: It is something else.
        """
        mode = self.mode()
        if stat.S_ISDIR(mode):
            raise self.problem("is a directory; name a file in it")
        if not stat.S_ISREG(mode):
            raise self.problem("is not a regular file; name a file")

    def _unreadable(self, error: OSError | ValueError) -> SubjectError:
        if isinstance(error, PermissionError):
            return self.problem("permission denied; make it readable")
        number = error.errno if isinstance(error, OSError) else errno.ENOENT
        if number == errno.ELOOP:
            return self.problem("is a loop of symbolic links; name the file itself")
        if number in {errno.ENOENT, errno.ENOTDIR}:
            if self.exists():
                return self.problem("is a symbolic link to nothing; name the file itself")
            return self.problem("no such file; correct the path")
        return self.problem(f"cannot be read: {os.strerror(number or 0)}")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read.

    Attributes:
        place: Where it came from.
        text: Decoded.
    """

    place: Place
    text: str

    def problem(self, what: str, line: int | None = None) -> SubjectError:
        """The error to raise about one line of it."""
        return self.place.problem(what, line)

    def at(self, line: int | None = None) -> Location:
        """One line of it."""
        return self.place.at(line)

    def line_of(self, needle: str, after: str = "") -> int | None:
        """The line of `needle`, counted from 1; the first after `after`, if that is there."""
        start = max(self.text.find(after), 0) if after else 0
        found = self.text.find(needle, start)
        if found < 0:
            found = self.text.find(needle)
        return None if found < 0 else self.text.count("\n", 0, found) + 1
