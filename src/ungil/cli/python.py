"""`ungil python`: find, install and verify interpreters."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from ungil.cache import cache_directory
from ungil.cli.complain import complain
from ungil.cli.progress import Progress
from ungil.cli.screen import may_color, width
from ungil.findings import printable
from ungil.interpreters import (
    Installation,
    Interpreter,
    InterpreterError,
    Known,
    Offer,
    Refusal,
    Unusable,
    as_json,
    as_lines,
    as_table,
    best,
    install,
    offers,
    probe,
    survey,
    verify,
)
from ungil.target import DEFAULT_VERSIONS, PythonVersion, TargetError, names_a_series, parse_python

HELP = "find, install and verify free-threaded interpreters"

_GET_ONE = f"install one with: ungil python install {DEFAULT_VERSIONS[0]}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, allow_abbrev=False)

    listing = action("list", "list the interpreters of this machine")
    listing.add_argument("--format", choices=["terminal", "json"], default="terminal")
    finding = action("find", "print the path of the best interpreter, for scripts")
    finding.add_argument(
        "version", nargs="?", metavar="3.14t", help="default: any that is free-threaded"
    )
    installing = action("install", "install a free-threaded interpreter")
    installing.add_argument("version", metavar="3.14t")
    installing.add_argument(
        "--dry-run", action="store_true", help="print the commands, and change nothing"
    )
    verifying = action("verify", "verify that threads really run at the same time")
    verifying.add_argument(
        "python",
        nargs="?",
        metavar="PYTHON",
        help="a program or a version; default: the best free-threaded one",
    )


def run(options: argparse.Namespace) -> int:
    """Do one of the actions, and tell by the exit status."""
    actions = {"list": _list, "find": _find, "install": _install, "verify": _verify}
    try:
        return actions[options.action](options)
    except TargetError as error:
        return complain(f"{error}", 2)
    except InterpreterError as error:
        return complain(f"{error}; name an interpreter, or a version such as 3.14t", 2)


def _list(options: argparse.Namespace) -> int:
    with Progress() as progress:
        rows = survey(memory=_memory(), progress=progress)
    if options.format == "json":
        _print(as_json(rows))
        return 0
    on_terminal = sys.stdout.isatty()
    _print(as_table(rows, width=width() if on_terminal else None, color=may_color()))
    if best(rows, None) is None:
        _print(f"\nNone of them is free-threaded; {_GET_ONE}\n")
    return 0


def _find(options: argparse.Namespace) -> int:
    python = None if options.version is None else parse_python(options.version)
    found = best(survey(python, memory=_memory()), python)
    if found is None:
        return complain(_missing(python), 1)
    if sys.stdout.isatty():
        _print(f"{printable(str(found.path))}\n")
    else:
        # For scripts, the very bytes.
        sys.stdout.buffer.write(os.fsencode(found.path) + os.linesep.encode())
        sys.stdout.flush()
    return 0


def _install(options: argparse.Namespace) -> int:
    python = parse_python(options.version)
    if not python.free_threaded:
        raise TargetError(
            f"{python} is the GIL-enabled build, and only free-threaded ones are installed; "
            f"write {python}t, or run: uv python install {python}"
        )
    found = best(survey(python, memory=_memory()), python)
    if found is not None:
        _print(f"{printable(str(found))} is already there\n")
        return 0
    if options.dry_run:
        return _plan(offers(python))
    with Progress() as progress:
        try:
            outcome = install(python, say=progress.say, show=_show)
        except KeyboardInterrupt:
            # Not what `main` says: an installer may leave something behind.
            print("\nungil: interrupted; the installer was ended as well", file=sys.stderr)
            return 128 + signal.SIGINT
        if outcome.interpreter is not None:
            return _installed(outcome.interpreter, outcome.provider, progress)
    return _not_installed(outcome, python)


def _verify(options: argparse.Namespace) -> int:
    with Progress() as progress:
        rows = survey(memory=_memory(), progress=progress)
        interpreter = _named(options.python, rows)
        if isinstance(interpreter, str):
            return complain(interpreter, 1)
        seen = verify(interpreter, rows, progress)
    _print("".join(f"{line}\n" for line in as_lines(seen)))
    _print(f"{_VERDICT[seen.verified]}\n")
    return {True: 0, False: 1, None: 3}[seen.verified]


_VERDICT = {
    True: "verified",
    False: "not verified",
    None: "cannot be judged now; try again when the machine has nothing else to do",
}


def _named(name: str | None, rows: Sequence[Interpreter | Unusable]) -> Interpreter | str:
    """The interpreter to verify, or why there is none."""
    if name is not None and not names_a_series(name):
        return probe(name)
    python = None if name is None else parse_python(name)
    return best(rows, python) or _missing(python)


def _missing(python: PythonVersion | None) -> str:
    if python is None:
        return f"there is no free-threaded interpreter on this machine; {_GET_ONE}"
    how = "ungil python" if python.free_threaded else "uv python"
    build = "free-threaded" if python.free_threaded else "GIL-enabled"
    return (
        f"there is no {build} {python.number} on this machine; "
        f"install one with: {how} install {python}"
    )


def _plan(plan: Sequence[Offer | Refusal]) -> int:
    """Print what would be run; 1 if there is nothing."""
    for entry in plan:
        if isinstance(entry, Refusal):
            _print(f"{entry.provider}: cannot: {printable(entry.reason)}\n")
        else:
            remark = f"   # {entry.remark}" if entry.remark else ""
            _print(f"{entry.provider}: {printable(str(entry))}{remark}\n")
    return 0 if any(isinstance(entry, Offer) and not entry.by_hand for entry in plan) else 1


def _show(output: bytes) -> None:
    sys.stderr.buffer.write(output)
    sys.stderr.flush()


def _installed(interpreter: Interpreter, provider: str, progress: Progress) -> int:
    seen = verify(interpreter, progress=progress)
    _print(f"installed by {provider}: {printable(str(interpreter))}\n")
    _print(f"{_THREADS[seen.verified]}: {printable(seen.threads.text)}\n")
    return 1 if seen.verified is False else 0


_THREADS = {
    True: "threads run at the same time",
    False: "the GIL is on, or threads do not run at the same time",
    None: "whether threads run at the same time could not be judged",
}


def _not_installed(outcome: Installation, python: PythonVersion) -> int:
    for offer in outcome.by_hand:
        _print(f"by hand: {printable(str(offer))}   # {offer.remark}\n")
    hint = "; a command for you to run is above" if outcome.by_hand else ""
    names = ", ".join(refusal.provider for refusal in outcome.refusals)
    return complain(f"{python} was not installed; {names} could not, as said{hint}", 1)


def _memory() -> Known:
    return Known(cache_directory())


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
