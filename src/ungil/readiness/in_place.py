"""Extension modules that a project's own directories hold, built in place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ungil import rules
from ungil.findings import Finding, Location, Module
from ungil.project import Place, built_files
from ungil.readiness.declarations import Reading, read_files
from ungil.readiness.importable import is_free_threaded
from ungil.readiness.judge import Judge, Judged
from ungil.readiness.remedy import own_remedy
from ungil.readiness.switching import said_of

__all__ = ["judge_in_place"]


def judge_in_place(judge: Judge, directories: Iterable[Place]) -> list[Judged]:
    """The findings of modules built for the target; they are in no table's row."""
    if judge.reader is None:
        return []
    return [(None, _of(judge, directory)) for directory in dict.fromkeys(directories)]


def _of(judge: Judge, directory: Place) -> list[Finding]:
    subject = f"{directory.path.resolve().name} (built in place)"
    try:
        files = [
            (path, file) for path, file in built_files(directory.path) if is_free_threaded(path)
        ]
    except ValueError as error:
        fix = "Name the wheels it builds instead, e.g. `ungil check dist/`."
        message = f"Modules built in place were not looked for: {error}."
        return [judge.finding(rules.UNKNOWN_DECLARATION, subject, message, fix)]
    # One at a time: two packages of one name may lie in different directories.
    modules = tuple(
        replace(module, path=_label(directory, file))
        for path, file in files
        for module in read_files([(path, file)], judge.target).modules
    )
    return [
        judge.finding(
            one.rule,
            subject,
            one.message,
            one.remedy or own_remedy(one.modules),
            _location(one.modules),
            one.evidence,
        )
        for one in said_of(Reading(modules))
    ]


def _label(directory: Place, file: Path) -> str:
    return directory.inside(os.path.relpath(file, directory.path)).label


def _location(modules: tuple[Module, ...]) -> Location | None:
    return Location(modules[0].path) if modules else None
