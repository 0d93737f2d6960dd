"""Options that several verbs have, and how their values are read."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

__all__ = ["day", "each", "index_options", "split_program", "with_value"]


def index_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the package index."""
    index = parser.add_argument_group("the package index (defaults: pip's and uv's settings)")
    index.add_argument("--index-url", metavar="URL")
    index.add_argument("--extra-index-url", action="append", metavar="URL", default=[])
    index.add_argument("--find-links", action="append", metavar="PATH_OR_URL", default=[])
    index.add_argument("--no-index", action="store_true", help="only --find-links")
    index.add_argument("--offline", action="store_true", help="answer from the cache alone")
    index.add_argument("--refresh", action="store_true", help="ask again what the cache holds")
    index.add_argument("--cache-dir", metavar="DIR", type=Path)


def each(values: Iterable[str]) -> list[str]:
    """Repeated options may also be given as one, with commas; each counts once."""
    return list(dict.fromkeys(part for value in values for part in value.split(",") if part))


def day(text: str) -> date:
    """A day that has begun.

    Raises:
        ArgumentTypeError: It is none.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2026-02-24") from None
    if found > datetime.now(UTC).date():
        raise argparse.ArgumentTypeError(f"{found} is in the future")
    return found


def split_program(
    arguments: Sequence[str], with_value: Collection[str]
) -> tuple[list[str], list[str]]:
    """Our own arguments, and a program with its own, as `python` would take them.

    Args:
        arguments: Behind the verb.
        with_value: Those of our options that take one.
    """
    at = 0
    while at < len(arguments):
        one = arguments[at]
        if one == "--":
            return [*arguments[:at]], [*arguments[at + 1 :]]
        if not one.startswith("-") or one == "-" or one[:2] in {"-m", "-c"}:
            break
        at += 2 if one in with_value else 1
    return [*arguments[:at]], [*arguments[at:]]


def with_value(parser: argparse.ArgumentParser) -> list[str]:
    """A parser's options that take a value."""
    actions = parser._actions  # noqa: SLF001 - argparse tells them nowhere else
    return [name for one in actions if one.nargs is None for name in one.option_strings]
