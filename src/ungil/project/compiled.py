"""Compiled files of a distribution that is installed, or of a project built in place."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ungil.project.model import Installed

__all__ = ["built_files", "installed_files"]

_SUFFIXES = (".so", ".pyd")
_LARGEST_RECORD = 64 << 20  # bytes; those of the largest distributions have two MiB
_MOST_FILES = 200_000

# What is not the project's own, or was copied from elsewhere in it.
_SKIPPED = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"})


def installed_files(installed: Installed) -> list[tuple[str, Path]]:
    """The compiled files that a RECORD lists below the folder that is searched.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/

    Returns:
        Each by its path below that folder, with slashes, and where it is.

    Raises:
        ValueError: The RECORD cannot be read; the message says why.
    """
    try:
        with installed.record.open("rb") as file:
            data = file.read(_LARGEST_RECORD + 1)
    except OSError as error:
        raise ValueError(f"its RECORD cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST_RECORD:
        raise ValueError("its RECORD is absurdly large")
    try:
        rows = csv.reader(data.decode("utf-8").splitlines())
        listed = [row[0] for row in rows if row and row[0].endswith(_SUFFIXES)]
    except (ValueError, csv.Error) as error:
        raise ValueError(f"its RECORD cannot be read: {error}") from None
    inside = (path.replace("\\", "/") for path in listed)
    return [(path, installed.folder / path) for path in inside if _is_inside(path)]


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "\0" not in path and ".." not in parts and not Path(path).is_absolute()


def built_files(project: Path) -> list[tuple[str, Path]]:
    """The compiled files in a project's own directories, and where they are.

    Environments, hidden directories and what build tools made for themselves
    are passed over. Links are not followed.

    Returns:
        Each by its path below the directory in which its outermost package
        is, with slashes: `pkg/mod.so` for `src/pkg/mod.so`.

    Raises:
        ValueError: There are too many files to look through.
    """
    return [(_below_packages(file), file) for file in _walked(project)]


def _walked(project: Path) -> Iterator[Path]:
    left = _MOST_FILES
    for folder, folders, files in os.walk(project):
        folders[:] = sorted(
            name
            for name in folders
            if not (name.startswith(".") or name in _SKIPPED or name.endswith(".egg-info"))
            and not Path(folder, name, "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(_SUFFIXES))
        left -= len(files)
        if left < 0:
            raise ValueError(f"it holds more than {_MOST_FILES:,} files")


def _below_packages(file: Path) -> str:
    parts = [file.name]
    folder = file.parent
    while Path(folder, "__init__.py").is_file():
        parts.append(folder.name)
        folder = folder.parent
    return "/".join(reversed(parts))
