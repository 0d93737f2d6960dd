"""Look up programs, but never in the working directory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["search_path", "which"]


def search_path() -> list[Path]:
    """The folders of PATH that are named in full, each once.

    An empty or relative entry means a folder below the working directory,
    which is where a project lies that nobody has judged yet.
    """
    folders = (Path(entry) for entry in os.get_exec_path() if "\0" not in entry)
    return list(dict.fromkeys(folder for folder in folders if folder.is_absolute()))


def which(name: str) -> Path | None:
    """The program that a bare name means, None if there is none.

    Not `shutil.which(name)` alone: on Windows it looks into the working
    directory first.
    """
    for folder in search_path():
        if found := shutil.which(folder / name):
            return Path(found)
    return None
