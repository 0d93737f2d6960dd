"""A report as workflow commands, which GitHub shows beside the changed lines.

The commands and their escaping:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
and, for what the documentation leaves out, `escapeData` and `escapeProperty`
in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from ungil.findings import Report, Severity, printable
from ungil.reports._view import Problem, arrange

__all__ = ["render"]

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.UNKNOWN: "warning",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def render(report: Report) -> str:
    """One command per problem, the heaviest first; empty if there is none.

    A step shows only its first ten annotations of a kind, which is why
    findings are put together and why the order matters.
    """
    return "".join(f"{_command(problem)}\n" for problem in arrange(report).problems)


def _command(problem: Problem) -> str:
    properties = []
    if problem.location is not None:
        properties.append(f"file={_property(problem.location.path)}")
        if problem.location.line is not None:
            properties.append(f"line={problem.location.line}")
    properties.append(f"title={_property(f'{problem.rule.code} {problem.rule.name}')}")
    lines = [problem.subject]
    lines += [f"{scope}: {message}" if scope else message for message, scope in problem.statements]
    lines += map(str, problem.steps)
    lines += problem.remedies
    command = _COMMANDS[problem.rule.severity]
    return f"::{command} {','.join(properties)}::{'%0A'.join(map(_message, lines))}"


def _message(text: str) -> str:
    # `printable` leaves no carriage return or line feed to escape.
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
