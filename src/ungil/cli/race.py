"""`ungil race`: a program in, the races in it out."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ungil import reports
from ungil.cli.complain import complain
from ungil.cli.options import each, split_program
from ungil.cli.race_report import Again, report_of, settings_of
from ungil.config import FAIL_ON, Config, ConfigError, is_module_name, load
from ungil.findings import Report, printable
from ungil.races import read
from ungil.running import carry_out, end_like
from ungil.same_python import same_python

HELP = "run a program or a test suite unchanged, and report the races in its own code"

EXPLORING = ("explore", "replay")
"""Words in the place of a program; see `race_explore`."""

_WITH_VALUE = (
    "--include",
    "--exclude",
    "--together",
    "--history",
    "--confirm",
    "--format",
    "--output",
    "--fail-on",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.usage = (
        "%(prog)s [OPTION ...] (SCRIPT | -m MODULE | package.module:function) [ARGUMENT ...]\n"
        "       %(prog)s explore [OPTION ...] package.module:function\n"
        "       %(prog)s replay [--pdb] FILE"
    )
    what = parser.add_argument_group("what is watched (default: what lies in this folder)")
    what.add_argument(
        "--include",
        action="append",
        metavar="NAME",
        type=_modules,
        default=[],
        help="a package or module that is watched as well, also an installed one; repeatable",
    )
    what.add_argument(
        "--exclude",
        action="append",
        metavar="NAME",
        type=_modules,
        default=[],
        help="one that is not",
    )
    what.add_argument(
        "--include-stdlib",
        action="store_true",
        default=None,
        help="watch the standard library, but for what the watch itself is made of",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--together",
        metavar="N",
        type=_at_least(1),
        help="run each test function of a pytest run N times at once, in threads",
    )
    how.add_argument(
        "--history",
        metavar="N",
        type=_at_least(0),
        help="remember so many variables at most; default: all",
    )
    how.add_argument(
        "--no-cache", action="store_true", help="instrument anew what was instrumented before"
    )
    how.add_argument(
        "--confirm",
        metavar="SECONDS",
        type=_at_least(0),
        default=60,
        help="run the program again for so long at most, in schedules of our choice, to confirm "
        "what was found; 0 for not at all (default: %(default)s)",
    )
    out = parser.add_argument_group("the report")
    out.add_argument("--format", choices=list(reports.FORMATS), default="terminal")
    out.add_argument(
        "--output", metavar="FILE", type=Path, help="write it there, rather than to standard error"
    )
    out.add_argument("--fail-on", choices=list(FAIL_ON), help="exit with 1 from here up")
    out.add_argument("-v", "--verbose", action="store_true", help="leave nothing out")


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and the program with its own."""
    return split_program(arguments, _WITH_VALUE)


def run(options: argparse.Namespace) -> int:
    """Run the program, report, and tell by the exit status."""
    if options.program and options.program[0] in EXPLORING:
        from ungil.cli import race_explore  # noqa: PLC0415 - programs need not wait for it

        return race_explore.run(options.program)
    try:
        return _run(options)
    except (ConfigError, _WrongUseError) as error:
        return complain(error, 2)
    except OSError as error:
        where = printable(str(error.filename or sys.executable))
        return complain(f"cannot run the program: {where}: {error.strerror}", 2)


class _WrongUseError(ValueError):
    """What cannot be run; the message is one line."""


def _run(options: argparse.Namespace) -> int:
    folder = Path.cwd()
    program = _program(options.program, folder)
    config = _config(options, load(folder / "pyproject.toml"))
    settings = settings_of(config, folder, cached=not options.no_cache)
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as journal:
        command = [*same_python(), "-m", "ungil.races.program", journal, settings.to_json(), "--"]
        code, _ = carry_out([*command, *program], dict(os.environ))
        observation = read(Path(journal))
    again = Again(program, settings, options.confirm) if options.confirm else None
    report = report_of(observation, _name(program), config, _ending(code), again)
    status = report.exit_status(config.fail_on)
    try:
        _show(report, options)
    except reports.OutputError as error:
        return complain(error, 2)
    except OSError:
        # The reader of the report has gone, or its disk is full; what was found has not.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return 1 if status == 1 else end_like(code) or status


def _program(given: Sequence[str], folder: Path) -> list[str]:
    """What to run, as far as it can be told that it is there.

    Raises:
        _WrongUseError: It is not.
    """
    if not given:
        raise _WrongUseError("nothing to run; name a script, -m MODULE or package.module:function")
    first, *rest = given
    if first.startswith("-m"):
        module, *rest = [first[2:], *rest] if first[2:] else rest or [""]
        if not module:
            raise _WrongUseError("-m needs the name of a module")
        _require(module, folder)
        return ["-m", module, *rest]
    if first.startswith("-c"):
        raise _WrongUseError("-c is not watched, since its code has no file; write it to one")
    if first == "-":
        raise _WrongUseError("standard input is not watched; write the program to a file")
    function = _FUNCTION.fullmatch(first)
    if function is not None and not Path(first).exists():
        _require(function["module"], folder)
    elif not Path(first).exists():
        raise _WrongUseError(
            f"there is no file {printable(first)}; name a script, -m MODULE or "
            "package.module:function"
        )
    return [first, *rest]


_FUNCTION = re.compile(r"(?P<module>[^\W\d][\w.]*):[^\W\d][\w.]*")


def _require(module: str, folder: Path) -> None:
    """See that a module is there, without importing anything of it."""
    top = module.partition(".")[0]
    here = (folder / top).is_dir() or (folder / f"{top}.py").exists()
    try:
        found = here or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise _WrongUseError(
            f"there is no module {printable(top)!r} for {printable(sys.executable)}; install it "
            "there, or run this from where it can be imported"
        )


def _config(options: argparse.Namespace, config: Config) -> Config:
    """The project's own settings, with the command line on top."""
    race = config.race
    race = replace(
        race,
        include=(*race.include, *each(options.include)),
        exclude=(*race.exclude, *each(options.exclude)),
    )
    for name in ("include_stdlib", "history", "together"):
        if getattr(options, name) is not None:
            race = replace(race, **{name: getattr(options, name)})
    fail_on = FAIL_ON[options.fail_on] if options.fail_on else config.fail_on
    return replace(config, race=race, fail_on=fail_on)


def _ending(code: int) -> list[str]:
    """How the program ended, where that is worth a word."""
    if code >= 0 or os.name != "posix":
        return []
    known = {int(one): one.name for one in signal.Signals}
    name = known.get(-code, f"signal {-code}")
    return [f"The program was ended by {name}; what it had done until then was seen."]


def _name(program: Sequence[str]) -> str:
    """What was run, as a person would name it."""
    return program[1] if program[0] == "-m" else program[0]


def _show(report: Report, options: argparse.Namespace) -> None:
    from ungil.cli.screen import show  # noqa: PLC0415 - nobody should wait for it before the program

    if sys.stderr is None and options.output is None:
        return  # it was closed (`2>&-`), so nobody wants it
    # Standard output is the program's own.
    show(report, options.format, options.output, stream=sys.stderr, verbose=options.verbose)


def _modules(text: str) -> str:
    for name in text.split(","):
        if name and not is_module_name(name):
            raise argparse.ArgumentTypeError(f"{name!r} is no package; write it as in an import")
    return text


def _at_least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
        return int(text)

    return read
