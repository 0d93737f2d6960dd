"""`ungil check`: arguments in, one report out."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from ungil import reports, rules
from ungil.cli.complain import complain
from ungil.cli.options import day, each, index_options
from ungil.cli.progress import Progress
from ungil.cli.screen import show
from ungil.config import EVIDENCE, FAIL_ON, Config, ConfigError, apply_ignores, load
from ungil.findings import Evidence, Report, printable
from ungil.index import IndexSettings, PackageIndex, PackageIndexError
from ungil.project import Subject, SubjectError, read, read_environment
from ungil.readiness import Change, Importer, Options, check, fix
from ungil.target import Target, TargetError, local_platform, parse_platform, parse_python

HELP = "what would install on a free-threaded Python, and what stands in the way"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "subjects",
        nargs="*",
        metavar="SUBJECT",
        help="a project directory, lock, requirements file, requirement, wheel or directory of "
        "wheels; default: the current directory",
    )
    parser.add_argument("--environment", metavar="PYTHON", help="check what is installed there")
    what = parser.add_argument_group("what is asked")
    what.add_argument("--target", action="append", metavar="3.14t", help="Python; repeatable")
    what.add_argument(
        "--platform", action="append", metavar="NAME", help="linux, macos, windows or uv's names"
    )
    what.add_argument("--extra", action="append", metavar="NAME", help="an extra of the project")
    what.add_argument("--group", action="append", metavar="NAME", help="a dependency group")
    what.add_argument(
        "--only-binary", action="store_true", default=None, help="never count on a source build"
    )
    what.add_argument(
        "--evidence",
        choices=list(EVIDENCE),
        help="declaration (the default) reads what the modules in the wheels declare; tag looks "
        "into no wheel",
    )
    what.add_argument(
        "--import",
        action="store_true",
        dest="imports",
        help="import the modules as well, with a free-threaded Python of this machine: this RUNS "
        "THE CODE of the packages, with your rights",
    )
    what.add_argument("--as-of", metavar="DATE", type=day, help="as the index stood on that day")
    change = parser.add_argument_group("changing requirements")
    change.add_argument(
        "--fix", action="store_true", help="show the smallest change that removes blockers"
    )
    change.add_argument("--write", action="store_true", help="with --fix: apply it")
    index_options(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--format", choices=list(reports.FORMATS), default="terminal")
    out.add_argument("--output", metavar="FILE", type=Path, help="write there, all or nothing")
    out.add_argument("--fail-on", choices=list(FAIL_ON), help="exit with 1 from here up")
    out.add_argument("-v", "--verbose", action="store_true", help="show every distribution")


def run(options: argparse.Namespace) -> int:
    """Check, print, and tell by the exit status."""
    try:
        return _run(options)
    except (ConfigError, SubjectError, TargetError, reports.OutputError, _WrongUseError) as error:
        return complain(error, 2)
    except PackageIndexError as error:
        return complain(error, 3)


class _WrongUseError(ValueError):
    """Options that do not go together; the message is one line."""


def _run(options: argparse.Namespace) -> int:
    if options.write and not options.fix:
        raise _WrongUseError("--write goes with --fix")
    if options.environment and options.subjects:
        raise _WrongUseError("--environment is a subject of its own; name no other beside it")
    if options.imports and options.evidence == Evidence.TAG.value:
        raise _WrongUseError("--import needs --evidence declaration")
    cwd = Path.cwd()
    names = options.subjects or ["."]
    config = _config(options, names, cwd)
    with Progress() as progress:
        if options.environment:
            names = [options.environment]
            subjects = [read_environment(options.environment)]
        else:
            subjects = [read(name, cwd=cwd) for name in names]
        targets = [
            Target(python, platform)
            for platform in config.platforms or (local_platform(),)
            for python in config.targets
        ]
        how = Options(
            extras=frozenset(config.extras),
            groups=None if config.groups is None else frozenset(config.groups),
            only_binary=config.only_binary,
            as_of=options.as_of,
            evidence=Evidence.DECLARATION if options.imports else config.evidence,
            importer=_importer(targets, progress) if options.imports else None,
        )
        with PackageIndex(_settings(options, subjects, targets, how)) as index:

            def checked(those: Sequence[Subject]) -> Report:
                # What would be changed is not run.
                less = replace(how, importer=None)
                return check(_title(names), those, targets, index, less, progress=progress)

            report = check(_title(names), subjects, targets, index, how, progress=progress)
            of_others = rules.OF_RUNS | rules.OF_RACES
            ignores = [one for one in config.ignores if one.rule not in of_others]
            ignored = apply_ignores(report.findings, ignores, datetime.now(UTC).date())
            report = replace(report, findings=ignored)
            changes: list[Change] = []
            if options.fix:
                changes, _ = fix(subjects, targets, index, how, report, checked)
            warnings = index.warnings
            if options.verbose and index.traffic.wheels:
                report = replace(report, notes=(*report.notes, f"{index.traffic}"))
    for warning in warnings:
        print(f"ungil: {printable(warning)}", file=sys.stderr)
    show(report, options.format, options.output, stream=sys.stdout, verbose=options.verbose)
    if options.fix:
        _show(changes, cwd, write=options.write)
    return report.exit_status(config.fail_on)


def _config(options: argparse.Namespace, names: Sequence[str], cwd: Path) -> Config:
    """The project's own settings, with the command line on top."""
    first = cwd / names[0]
    folder = first if first.is_dir() else first.parent if first.is_file() else cwd
    config = load(folder / "pyproject.toml")
    if options.target:
        config = replace(config, targets=tuple(map(parse_python, each(options.target))))
    if options.platform:
        config = replace(config, platforms=tuple(map(parse_platform, each(options.platform))))
    if options.extra:
        config = replace(config, extras=tuple(map(canonicalize_name, options.extra)))
    if options.group:
        config = replace(config, groups=tuple(map(canonicalize_name, options.group)))
    if options.only_binary is not None:
        config = replace(config, only_binary=options.only_binary)
    if options.evidence:
        config = replace(config, evidence=EVIDENCE[options.evidence])
    if options.fail_on:
        config = replace(config, fail_on=FAIL_ON[options.fail_on])
    return config


def _importer(targets: Sequence[Target], progress: Progress) -> Importer:
    importer = Importer.found(targets, progress.say)
    if not importer.interpreters:
        wanted = " or ".join(dict.fromkeys(str(t.python) for t in targets))
        raise _WrongUseError(
            f"--import needs a free-threaded interpreter of a target ({wanted}), and a target for "
            "this machine's platform; none was found, but `ungil python install` gets one"
        )
    return importer


def _settings(
    options: argparse.Namespace,
    subjects: Sequence[Subject],
    targets: Sequence[Target],
    how: Options,
) -> IndexSettings:
    selections = [
        s.select(targets[0].environment, extras=how.extras, groups=how.groups) for s in subjects
    ]
    named = [url for s in selections for url in s.indexes]
    extra = [url for s in selections for url in s.extra_indexes]
    links = [place for s in selections for place in s.find_links]
    return IndexSettings.from_environment(
        index_url=options.index_url or next(iter(named), None),
        extra_index_urls=(*options.extra_index_url, *named[1:], *extra),
        find_links=(*options.find_links, *links),
        no_index=options.no_index,
        offline=options.offline,
        refresh=options.refresh,
        cache_dir=options.cache_dir,
    )


def _title(names: Sequence[str]) -> str:
    return " ".join(Path.cwd().name if name == "." else name for name in names)


def _show(changes: Sequence[Change], cwd: Path, *, write: bool) -> None:
    """Print the changes as a diff of the files they are in; apply them if told to."""
    if not changes:
        print("\nNo change of the project's own requirements removes a blocker.")
        return
    by_file: dict[str, list[Change]] = {}
    for change in changes:
        if change.location is None:
            print(f"\nInstead of {printable(change.old)}: {printable(change.new)}")
        else:
            by_file.setdefault(change.location.path, []).append(change)
    for path, group in by_file.items():
        file = cwd / path
        old = file.read_bytes().decode("utf-8")
        new = _edited(old, group)
        diff = difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), path, path, n=1
        )
        print("\n" + "".join(printable(line.rstrip("\r\n")) + "\n" for line in diff), end="")
        if write and new != old:
            reports.write(file, new)
            print(f"written: {path}")


def _edited(text: str, changes: Sequence[Change]) -> str:
    """The file with each requirement replaced on its own line, all else as it was."""
    lines = text.splitlines(keepends=True)
    for change in changes:
        line = change.location.line if change.location else None
        numbers = range(len(lines)) if line is None else (line - 1,)
        number = next((n for n in numbers if n < len(lines) and change.old in lines[n]), None)
        if number is None:
            print(f"ungil: by hand, please: {printable(change.new)}", file=sys.stderr)
        else:
            lines[number] = lines[number].replace(change.old, change.new, 1)
    return "".join(lines)
