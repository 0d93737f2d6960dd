"""`ungil explain`: the rules, offline."""

from __future__ import annotations

import argparse
import difflib
import sys

from ungil.findings import printable
from ungil.rules import RULES

HELP = "print a rule's page: what it means, why it matters, how to fix it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="a code or name; none lists them")


def run(options: argparse.Namespace) -> int:
    """Print one page, or the list."""
    if options.rule is None:
        for rule in RULES.values():
            print(f"{rule.code}  {rule.severity.value:<8} {rule.name:<21} {rule.summary}")
        return 0
    names = {rule.name: rule for rule in RULES.values()}
    found = RULES.get(options.rule.upper()) or names.get(options.rule.lower())
    if found is None:
        near = difflib.get_close_matches(options.rule.upper(), RULES, n=1, cutoff=0.4)
        near = near or difflib.get_close_matches(options.rule.lower(), names, n=1)
        hint = f"did you mean {near[0]}?" if near else "`ungil explain` lists them"
        print(f"ungil: there is no rule {printable(options.rule)!r}; {hint}", file=sys.stderr)
        return 2
    print(found.page().rstrip())
    return 0
