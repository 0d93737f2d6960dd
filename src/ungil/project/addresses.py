"""URLs inside other text."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

__all__ = ["distribution_of", "file_name", "without_credentials"]

_USER = re.compile(r"(://)[^\s/?#]*@")
_EGG = re.compile(r"#(?:[^#\s]*&)?egg=([A-Za-z0-9._-]+)")


def without_credentials(text: str) -> str:
    """`text` with the user and password cut out of every URL in it."""
    return _USER.sub(r"\1", text)


def file_name(address: str) -> str:
    """The last part of a URL or path."""
    try:
        path = urlsplit(address).path if "://" in address else address
    except ValueError:
        path = address
    return unquote(path.replace("\\", "/").rsplit("/", 1)[-1])


def distribution_of(address: str) -> tuple[str, str | None] | None:
    """Normalised name and version that an address tells: by `#egg=` or a file name."""
    found: str
    if match := _EGG.search(address):
        return canonicalize_name(match[1]), None
    name = file_name(address.partition("#")[0])
    try:
        if name.endswith(".whl"):
            found, version, *_ = parse_wheel_filename(name)
        else:
            found, version = parse_sdist_filename(name)
    except ValueError:  # what a bad file name raises is one
        return None
    return found, str(version)
