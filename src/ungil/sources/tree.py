"""The files of a source tree: listed and read without surprises."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ungil.sources.model import TooLargeError, UnreadableError

__all__ = ["LARGEST", "SourceFile", "Tree"]

LARGEST = 8 * 2**20
"""Bytes. Sources that people write are smaller; generated ones are not worth more."""

_MOST_FILES = 100_000

# What a build, a version control system or an installer puts there.
_NOT_SOURCES = frozenset(
    {
        "build",
        "dist",
        "node_modules",
        "venv",
        "env",
        "site-packages",
        "__pycache__",
        "target",
        "bazel-out",
    }
)
# Other people's code. It is ported where it comes from.
_VENDORED = (
    "vendor",
    "_vendor",
    "third_party",
    "third-party",
    "thirdparty",
    "extern",
    "subprojects",
)
# What is not installed, or is not imported in production.
_ASIDE = frozenset(
    {
        "test",
        "tests",
        "testing",
        "doc",
        "docs",
        "example",
        "examples",
        "benchmark",
        "benchmarks",
        "samples",
        "demo",
        "demos",
        "_examples",
    }
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file.

    Attributes:
        path: Where it is.
        label: Relative to the tree, with forward slashes.
    """

    path: Path
    label: str

    @property
    def suffix(self) -> str:
        """E.g. `.pyx`, in lower case."""
        return PurePosixPath(self.label).suffix.lower()

    @property
    def name(self) -> str:
        """Without its directories."""
        return self.label.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The label of its directory, empty for the tree itself."""
        return self.label.rpartition("/")[0]

    def read(self, largest: int = LARGEST) -> bytes:
        """All of it.

        Args:
            largest: Bytes that it may have.

        Raises:
            UnreadableError: It may not be read.
            TooLargeError: It is larger than `largest`.
        """
        try:
            with self.path.open("rb") as file:
                data = file.read(largest + 1)
        except OSError as error:
            raise UnreadableError(error.strerror or "it cannot be read") from None
        if len(data) > largest:
            raise TooLargeError(f"it is larger than {largest // 2**20} MiB")
        return data

    def text(self) -> str:
        """All of it, with the bytes that are no UTF-8 replaced; raises like `read`."""
        return self.read().decode("utf-8-sig", "replace")


@dataclass(slots=True)
class Tree:
    """A source tree.

    Attributes:
        files: Sorted by label.
        notes: What was passed over.
    """

    files: list[SourceFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, directory: Path) -> Tree:
        """List it; symbolic links are not followed, so there are no loops."""
        tree = cls()
        skipped: set[str] = set()
        for folder, folders, names in os.walk(directory):
            here = Path(folder).relative_to(directory).as_posix()
            prefix = "" if here == "." else f"{here}/"
            skipped.update(name for name in folders if _is_aside(name))
            folders[:] = sorted(name for name in folders if _is_wanted(name))
            paths = ((Path(folder) / name, f"{prefix}{name}") for name in sorted(names))
            tree.files.extend(SourceFile(p, label) for p, label in paths if _is_regular(p))
            if len(tree.files) >= _MOST_FILES:
                tree.notes.append(f"Only the first {_MOST_FILES} files were looked at.")
                del tree.files[_MOST_FILES:]
                break
        if skipped:
            names = sorted(skipped)
            tree.notes.append(f"Directories of these names were not read: {', '.join(names)}.")
        tree.files.sort(key=lambda file: file.label)
        return tree

    def having(self, *suffixes: str) -> Iterator[SourceFile]:
        """The files with one of these suffixes, in lower case with the dot."""
        return (file for file in self.files if file.suffix in suffixes)

    def named(self, *names: str) -> Iterator[SourceFile]:
        """The files with one of these names, in whatever directory."""
        return (file for file in self.files if file.name in names)

    def at(self, label: str) -> SourceFile | None:
        """The file there, if there is one."""
        return next((file for file in self.files if file.label == label), None)


def _is_wanted(name: str) -> bool:
    if name == ".github":
        return True
    return not name.startswith(".") and name not in _NOT_SOURCES and not _is_aside(name)


def _is_aside(name: str) -> bool:
    return name in _ASIDE or name.startswith(_VENDORED)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
