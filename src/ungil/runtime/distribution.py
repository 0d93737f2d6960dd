"""Which distribution a file was installed by."""

from __future__ import annotations

import os

__all__ = ["distribution_of"]

_LARGEST = 1 << 26  # bytes; a RECORD of so many would list hundreds of thousands of files


def distribution_of(file: str) -> tuple[str, str] | None:
    """The name and version of the distribution that installed a file.

    The RECORD files of the folders above it are searched for its path
    (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
    The file itself need not exist any more. `importlib.metadata` has no way from
    a file to its distribution but to read every RECORD as a table, and would have
    to be imported into other people's programs.

    Returns:
        None if no RECORD lists it, as for modules that were built in place.
    """
    folder, base = os.path.split(os.path.abspath(file))
    while True:
        found = _listed_in(folder, base)
        if found is not None:
            return found
        above, name = os.path.split(folder)
        if above == folder or os.path.basename(folder) in {"site-packages", "dist-packages"}:
            return None
        folder, base = above, f"{name}/{base}"


def _listed_in(folder: str, path: str) -> tuple[str, str] | None:
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".dist-info")]
    except OSError:
        return None
    # The first field of a line, in quotes where it holds a comma.
    wanted = (f'"{path}",' if "," in path else f"{path},").encode("utf-8", "surrogateescape")
    for name in names:
        lines = _read(os.path.join(folder, name, "RECORD"))
        if lines.startswith(wanted) or b"\n" + wanted in lines:
            project, _, version = name.removesuffix(".dist-info").rpartition("-")
            return (
                (project.replace("_", "-").replace(".", "-").lower(), version) if project else None
            )
    return None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return b""
