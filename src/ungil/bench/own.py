"""The user's own work: what a person names -> tasks."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ungil.bench.asking import bench
from ungil.bench.model import Build, Task

__all__ = ["CALLS", "Given", "is_script", "marked", "named"]

CALLS = 32
"""Of a function without items, if nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says beside the name; each may be missing.

    Attributes:
        items: `module:iterable` or `file.py:iterable`; or what gives one.
        setup: Likewise, of what is called before each pass.
        check: Likewise, of what says whether the results are right.
        calls: How often a function without items is called.
        arguments: A script's own.
    """

    items: str = ""
    setup: str = ""
    check: str = ""
    calls: int | None = None
    arguments: tuple[str, ...] = ()


class _Marked(msgspec.Struct):
    marked: list[str]


def is_script(name: str) -> bool:
    """Is it a script, which is measured whole?"""
    return name.endswith(".py")


def named(name: str, given: Given, folder: Path) -> Task:
    """The task that a name stands for.

    Args:
        name: `module:function`, `path/file.py:function`, `script.py`, or a module, whose
            marked functions are meant; see `marked`.
        given: What was said beside it.
        folder: From where modules are imported, and paths begin.

    Raises:
        ValueError: There is no such thing; the message is one line.
    """
    if is_script(name):
        return _script(name, given, folder)
    function, *folders = _place(name, folder)
    others = []
    for one in (given.items, given.setup, given.check):
        reference, *more = _place(one, folder) if one else ("",)
        if one and ":" not in reference:
            raise ValueError(f"{one!r} names no object; write module:name")
        others.append(reference)
        folders += more
    items, setup, check = others
    return Task(
        name,
        function,
        items,
        setup,
        check,
        calls=given.calls or CALLS,
        folders=tuple(dict.fromkeys([*folders, folder])),
    )


def marked(task: Task, builds: Sequence[Build], seconds: float) -> list[Task]:
    """The functions of a module that are marked, each as a task.

    Args:
        task: Of a module.
        builds: The first that can import it says what they are.
        seconds: The limit for importing it.

    Raises:
        OSError: An interpreter cannot be started, or there is no room.
        ValueError: None can import it, or there are none; the message is one line.
    """
    why = "there is no interpreter"
    with bench(task, seconds) as where:
        for build in builds:
            answer, problem = where.ask(build, {"ask": "marked"})
            if problem is not None:
                why = problem.problem
                continue
            names = msgspec.convert(answer, _Marked).marked
            if not names:
                raise ValueError(
                    f"no function of {task.function} is marked with @ungil.bench.benchmark; mark "
                    f"some, or name one: {task.function}:function"
                )
            return [Task(one, one, calls=task.calls, folders=task.folders) for one in names]
    raise ValueError(why)


def _script(name: str, given: Given, folder: Path) -> Task:
    path = folder / name
    if not path.is_file():
        raise ValueError(f"there is no file {name}")
    if given.items or given.setup or given.check or given.calls:
        raise ValueError(f"a script is measured whole; to measure a function, name {name}:function")
    return Task(name, "", script=path, arguments=given.arguments, folders=(folder,))


_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def _place(name: str, folder: Path) -> tuple[str, *tuple[Path, ...]]:
    """A name as the interpreter knows it, and in which folder."""
    # A path may have colons, too.
    before, colon, path = name.rpartition(":") if ":" in name else (name, "", "")
    if colon and not _DOTTED.fullmatch(path):
        raise ValueError(f"{name!r} names no function; write module:function or file.py:function")
    if not is_script(before):
        if not _DOTTED.fullmatch(before):
            raise ValueError(
                f"{name!r} is nothing to measure; name module:function, path/file.py:function, "
                "a module or script.py"
            )
        return (f"{before}{colon}{path}",)
    file = folder / before
    if not file.is_file():
        raise ValueError(f"there is no file {before}")
    parts = [file.stem]
    within = file.parent
    while (within / "__init__.py").exists() and within.name:
        parts.insert(0, within.name)
        within = within.parent
    if "." in file.stem:
        raise ValueError(f"{before} cannot be imported: a module's name has no dot")
    if parts[0] in sys.stdlib_module_names:
        raise ValueError(f"{before} has the name of a module of the standard library; rename it")
    return f"{'.'.join(parts)}{colon}{path}", within
