"""The command line: one small module for each verb, and no logic.

Exit statuses: 0 nothing at or above --fail-on; 1 findings; 2 wrong use;
3 could not find out; 130 interrupted. Trouble is one line on standard error.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

from ungil._version import __version__
from ungil.findings import printable

__all__ = ["Parser", "main"]

_VERBS = ("bench", "check", "ecosystem", "explain", "python", "race", "run")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, rather than a usage block and a line."""

    def error(self, message: str) -> NoReturn:
        """End with what is wrong."""
        self.exit(2, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    if sys.stdout is None:
        # It was closed (`>&-`): nobody wants what is printed, the exit status may matter.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - stays open until the process ends
    parser = Parser(
        prog="ungil",
        description="Takes Python projects off the GIL.",
        epilog="`ungil VERB --help` tells about one verb, `ungil explain` about the rules.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ungil {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    given = list(sys.argv[1:] if arguments is None else arguments)
    verb = given[0] if given and not given[0].startswith("-") else None
    if verb is not None and verb not in _VERBS:
        near = difflib.get_close_matches(verb, _VERBS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"verbs are {', '.join(_VERBS)}"
        parser.error(f"there is no verb {verb!r}; {hint}")
    # A verb's module is imported if it is used: all of them take a while.
    modules = {name: import_module(f"ungil.cli.{name}") for name in _VERBS if verb in {name, None}}
    parsers: dict[str, argparse.ArgumentParser] = {}
    for name, module in modules.items():
        parsers[name] = verbs.add_parser(
            name, help=module.HELP, description=module.HELP, allow_abbrev=False
        )
        module.add_arguments(parsers[name])
    # What belongs to a program that a verb runs is none of our arguments.
    split = getattr(modules.get(verb or ""), "split", None)
    ours, program = split(given[1:]) if split else (given[1:], [])
    options, unknown = parser.parse_known_args(
        [*given[:1], *ours], argparse.Namespace(program=program)
    )
    if unknown:
        # argparse itself would point to the help of all verbs.
        parsers[options.verb].error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        os.getcwd()  # noqa: PTH109 - asked for its error alone, by all verbs
    except OSError as error:
        parser.error(f"the working directory cannot be used: {error.strerror}; change to another")
    run: Callable[[argparse.Namespace], int] = modules[options.verb].run
    return _carried_out(run, options, parser)


def _carried_out(
    run: Callable[[argparse.Namespace], int], options: argparse.Namespace, parser: Parser
) -> int:
    """Run a verb; the exit status, however it ends."""
    try:
        status = run(options)
        sys.stdout.flush()  # here, where its failure can be told
    except KeyboardInterrupt:
        print("\nungil: interrupted; nothing was left half-written", file=sys.stderr)
        if threading.active_count() > 1:
            # They wait for a server, and the interpreter would wait for them. Whatever
            # they write to the cache is written whole or not at all.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(128 + signal.SIGINT)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader has gone (`ungil check | head`): not an error, and the
        # interpreter must not complain when it flushes at exit.
        _silence(sys.stdout)
        return 0
    except OSError as error:
        # Files are written where their failures are told; what is left is the output.
        if error.errno not in _FULL:
            raise
        _silence(sys.stdout)
        parser.error(f"cannot write: {error.strerror}; make room, or name another --output")
    return status


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def _silence(stream: TextIO) -> None:
    """Let the interpreter flush at exit what nobody can take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
