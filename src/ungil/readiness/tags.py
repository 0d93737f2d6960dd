"""Wheel tags that fit no Python at all.

A tag can be well-formed and still name an interpreter that cannot exist:
`cp315t-abi3t` puts the `t` into the Python tag, which never carries one
(PEP 703 names the ABI `cp315t`, the Python tag stays `cp315`). No installer
takes such a wheel and no index refuses it.
"""

from __future__ import annotations

import re
from functools import cache

from packaging import tags as _tags

__all__ = ["suggest_tag", "tag_is_impossible"]

_JUDGED = re.compile(r"cp3\d{0,2}t?|py[23]\d{0,2}t?")
# From the first release of today's ABI names (3.8 dropped `m`) to well past today.
_MINORS = range(8, 31)


def tag_is_impossible(tag: str) -> bool:
    """Can no CPython, free-threaded or not, ever take a wheel of this tag?

    Args:
        tag: Compressed as in a file name. A tag for another implementation,
            or for a CPython before 3.8, is not judged.
    """
    parts = tag.split("-")
    if len(parts) != 3:
        return True
    pythons, abis, platforms = (part.lower().split(".") for part in parts)
    for python in pythons:
        if not _JUDGED.fullmatch(python):
            return False
        minor = re.fullmatch(r"cp3(\d+)t?", python)
        if minor and int(minor[1]) < _MINORS.start and not python.endswith("t"):
            return False
    platform = platforms[0]
    return not any(
        _tags.Tag(python, abi, platform) in _all_tags(platform)
        for python in pythons
        for abi in abis
    )


def suggest_tag(tag: str) -> str | None:
    """The tag that was most likely meant, None if that cannot be told."""
    python, abi, platform = tag.split("-") if tag.count("-") == 2 else ("", "", "")
    match = re.fullmatch(r"cp(3\d+)t?", python)
    if match is None:
        return None
    for meant in (f"cp{match[1]}-{abi}-{platform}", f"cp{match[1]}-cp{match[1]}t-{platform}"):
        if meant != tag and not tag_is_impossible(meant):
            return meant
    return None


@cache
def _all_tags(platform: str) -> frozenset[_tags.Tag]:
    found: set[_tags.Tag] = set()
    for minor in _MINORS:
        for abi in (f"cp3{minor}", f"cp3{minor}t"):
            found.update(_tags.cpython_tags((3, minor), abis=[abi], platforms=[platform]))
        found.update(_tags.compatible_tags((3, minor), f"cp3{minor}", [platform]))
    return frozenset(found)
