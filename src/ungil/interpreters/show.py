"""What is known of interpreters, as text for a terminal and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

from ungil.findings import printable
from ungil.interpreters.probe import Interpreter
from ungil.interpreters.survey import Unusable
from ungil.interpreters.verify import Verification

__all__ = ["as_json", "as_lines", "as_table"]

SCHEMA_VERSION = 1
_WIDEST = 10_000  # cells; what is not shown on a terminal is not folded


def as_table(
    rows: Iterable[Interpreter | Unusable], *, width: int | None = None, color: bool = False
) -> str:
    """A table of the interpreters, and a line for each that is none.

    Args:
        rows: As `survey` has them.
        width: No line is wider, in cells; None for as wide as it gets.
        color: Style it with escape sequences.
    """
    # Here, because most runs show no table.
    from rich.console import Console  # noqa: PLC0415 - only the table for people needs it
    from rich.table import Table  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    rows = list(rows)
    good = [row for row in rows if isinstance(row, Interpreter)]
    bad = [row for row in rows if isinstance(row, Unusable)]
    out = StringIO()
    console = Console(
        file=out,
        width=width or _WIDEST,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )
    if good:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        special = any(map(_also, good))
        for header in (
            "version",
            "build",
            "GIL now",
            "ABI",
            *(["also"] if special else []),
            "path",
        ):
            table.add_column(header, overflow="fold", no_wrap=header in {"version", "build", "ABI"})
        for one in good:
            table.add_row(
                Text(printable(one.release), style="bold" if one.python.free_threaded else ""),
                one.build,
                Text(printable(str(one.gil)), style=_STYLE[one.gil.on]),
                Text(one.abi),
                *([Text(_also(one))] if special else []),
                Text(printable(str(one.path))),
            )
        console.print(table)
    if bad:
        console.print(Text(f"{'' if not good else chr(10)}Not usable:", style="bold"))
    for row in bad:
        text = Text(f"  {printable(str(row.path))} ")
        console.print(text.append(printable(row.reason), "yellow"), overflow="fold")
    # Cells are filled up to the width of their column.
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


_STYLE = {False: "green", True: "red", None: "magenta"}


def _also(one: Interpreter) -> str:
    parts = ["debug build"] if one.debug else []
    parts += [{"on": "JIT", "off": "JIT (off)"}[one.jit]] if one.jit != "none" else []
    parts += [f"{name} sanitizer" for name in one.sanitizers]
    return ", ".join(parts)


def as_json(rows: Iterable[Interpreter | Unusable]) -> str:
    """The interpreters for programs, in plain ASCII; `docs/python.md` names the fields."""
    document = {"schema_version": SCHEMA_VERSION, "interpreters": [_entry(row) for row in rows]}
    return json.dumps(document, indent=2) + "\n"


def _entry(row: Interpreter | Unusable) -> dict[str, Any]:
    one = row if isinstance(row, Interpreter) else None
    return {
        "path": _text(row.path),
        "usable": one is not None,
        "problem": _text(row.reason) if isinstance(row, Unusable) else None,
        "version": _text(one.release) if one else None,
        "series": one.python.number if one else None,
        "free_threaded": one.python.free_threaded if one else None,
        "gil_enabled": one.gil.on if one else None,
        "gil_reason": _text(one.gil.reason) if one else None,
        "abi": one.abi if one else None,
        "platform": _text(one.platform) if one else None,
        "jit": one.jit if one else None,
        "debug": one.debug if one else None,
        "sanitizers": list(one.sanitizers) if one else None,
        "optimizations": list(one.optimizations) if one else None,
    }


def _text(value: object) -> str:
    # A lone surrogate (a file name that is not UTF-8) has no place in JSON
    # that every reader accepts.
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def as_lines(seen: Verification) -> list[str]:
    """What was seen of an interpreter, a line for each question."""
    one = seen.interpreter
    flag = "Py_GIL_DISABLED is set" if one.python.free_threaded else "Py_GIL_DISABLED is not set"
    extra = f", {_also(one)}" if _also(one) else ""
    return [
        printable(line)
        for line in (
            f"{one}",
            f"  build       {one.build}: {flag}; ABI {one.abi}{extra}",
            f"  GIL         {one.gil}",
            f"  threads     {_ANSWER[seen.threads.at_once]}: {seen.threads.text}",
            f"  one thread  {_price(seen)}",
        )
    ]


_ANSWER = {True: "at the same time", False: "one at a time", None: "cannot be judged"}


def _price(seen: Verification) -> str:
    one = seen.interpreter
    if not one.python.free_threaded:
        return "not compared: it is the GIL-enabled build"
    if one.gil.on is not False:
        return "not compared: the GIL is on"
    if seen.cost is None or seen.reference is None:
        return f"not compared: there is no GIL-enabled build of {one.release} on this machine"
    prefix = "" if seen.cost.ratio is not None else "cannot be judged: "
    unlike = "" if seen.alike else "; they were built with different options, which counts too"
    against = "" if seen.cost.low is None else f", against {seen.reference}{unlike}"
    return f"{prefix}{seen.cost.text}{against}"
