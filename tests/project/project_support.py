"""What the tests of `ungil.project` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ungil.project import Selection, SubjectError, read
from ungil.target import Target, parse_platform, parse_python

LOCKS = Path(__file__).parent / "locks"
LINUX = Target(parse_python("3.14t"), parse_platform("linux")).environment
WINDOWS = Target(parse_python("3.14t"), parse_platform("windows")).environment


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below `folder`, directories made as needed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def select(
    folder: Path,
    text: str = ".",
    environment: Mapping[str, str] = LINUX,
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] | None = None,
) -> Selection:
    """What `read` finds, selected in one go."""
    subject = read(text, cwd=folder)
    return subject.select(
        environment,
        extras=frozenset(extras),
        groups=None if groups is None else frozenset(groups),
    )


def pinned(selection: Selection) -> dict[str, str]:
    """Names and versions."""
    assert len({pin.name for pin in selection.pins}) == len(selection.pins)
    return {pin.name: pin.version for pin in selection.pins}


def refusal(
    folder: Path,
    text: str = ".",
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] | None = None,
) -> str:
    """The message with which the door refuses; always one line."""
    with pytest.raises(SubjectError) as caught:
        select(folder, text, extras=extras, groups=groups)
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    assert message.isprintable(), message
    return message
