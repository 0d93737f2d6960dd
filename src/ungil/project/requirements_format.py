"""pip's requirements file format, as syntax.

https://pip.pypa.io/en/stable/reference/requirements-file-format/

Lines, continuations, comments, variables and options; what they mean is
`requirements.py`'s business. Option names are pip's; an abbreviated one, which
pip would complete, is an error here.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ungil.project.model import SubjectError
from ungil.project.places import Document

__all__ = ["Statement", "expand", "parse_requirements"]

_WITH_VALUE = {
    **dict.fromkeys(("-r", "--requirement"), "requirement"),
    **dict.fromkeys(("-c", "--constraint"), "constraint"),
    **dict.fromkeys(("-e", "--editable"), "editable"),
    **dict.fromkeys(("-i", "--index-url", "--pypi-url"), "index-url"),
    "--extra-index-url": "extra-index-url",
    **dict.fromkeys(("-f", "--find-links"), "find-links"),
    "--hash": "hash",
    **dict.fromkeys(
        (
            *("-C", "--config-settings", "--config-setting", "--global-option"),
            *("--install-option", "--no-binary", "--only-binary", "--all-releases"),
            *("--only-final", "--trusted-host", "--use-feature"),
        ),
        "",
    ),
}
_WITHOUT_VALUE = {
    "--no-index": "no-index",
    "--pre": "pre",
    **dict.fromkeys(("--prefer-binary", "--require-hashes", "--no-require-hashes"), ""),
}
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_OPTIONS = re.compile(r"(?:^|(?<=\s))-")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_HASH = re.compile(r"(?:sha256:[0-9a-fA-F]{64}|sha384:[0-9a-fA-F]{96}|sha512:[0-9a-fA-F]{128})")


@dataclass(frozen=True, slots=True)
class Statement:
    """One logical line that is not empty.

    Attributes:
        line: The number of its first line, counted from 1.
        requirement: What stands before the options; with variables as written.
        options: Long names without dashes, and values as written; options
            that change nothing here have the name ``""``.
        comments: Of the line itself and the lines after it, without `#`.
    """

    line: int
    requirement: str
    options: tuple[tuple[str, str], ...] = ()
    comments: list[str] = field(default_factory=list)


def expand(text: str, variables: Mapping[str, str] = os.environ) -> str:
    """`text` with each `${NAME}` that is set and not empty replaced."""
    return _VARIABLE.sub(lambda match: variables.get(match[1]) or match[0], text)


def parse_requirements(document: Document) -> Iterator[Statement]:
    """The statements of a requirements file; comments before the first are dropped.

    Raises:
        SubjectError: An option is unknown or lacks its value, or a quote is
            not closed.
    """
    last: Statement | None = None
    for number, text, comment in _logical_lines(document.text):
        if text:
            if last is not None:
                yield last
            match = _OPTIONS.search(text)
            cut = match.start() if match else len(text)
            options = tuple(_options(document, number, text[cut:]))
            last = Statement(number, text[:cut].strip(), options)
        if last is not None and comment is not None:
            last.comments.append(comment)
    if last is not None:
        yield last


def _logical_lines(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Line number, content and comment of each line after joining.

    As pip does it, a comment line ends a continuation, and comments are cut
    after joining, so that a backslash inside a comment still joins.
    """
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            start = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line.rstrip("\\"))
            continue
        parts.append(f" {line}" if is_comment else line)
        yield start, *_split_comment("".join(parts))
        parts = []
    if parts:
        yield start, *_split_comment("".join(parts))


def _split_comment(line: str) -> tuple[str, str | None]:
    match = _COMMENT.search(line)
    if match is None:
        return line.strip(), None
    return line[: match.start()].strip(), line[match.end() :].strip()


def _options(document: Document, line: int, text: str) -> Iterator[tuple[str, str]]:
    if not text:
        return
    try:
        words = shlex.split(text)
    except ValueError:
        raise _wrong(document, line, "a quote is not closed") from None
    rest = iter(words)
    for word in rest:
        name, joined, value = _split_option(word)
        if name in _WITHOUT_VALUE and not joined:
            yield _WITHOUT_VALUE[name], ""
            continue
        if name not in _WITH_VALUE:
            shown = name if name.startswith("-") else "what follows an option"
            raise _wrong(document, line, f"{shown[:60]!r} is no option of a requirements file")
        if not joined:
            found = next(rest, None)
            if found is None:
                raise _wrong(document, line, f"{name} lacks its value")
            value = found
        if name == "--hash" and not _HASH.fullmatch(value):
            raise _wrong(document, line, "--hash takes e.g. sha256: and 64 hexadecimal digits")
        yield _WITH_VALUE[name], value


def _split_option(word: str) -> tuple[str, bool, str]:
    """Name, whether a value is joined to it, and that value."""
    if word.startswith("--"):
        name, joined, value = word.partition("=")
        return name, bool(joined), value
    return word[:2], len(word) > 2, word[2:]


def _wrong(document: Document, line: int, what: str) -> SubjectError:
    return document.problem(f"{what}; correct it", line)
