"""Small projects, and what the room says of them."""

import textwrap
from pathlib import Path

from ungil.sources import Inspection, inspect


def project(directory: Path, files: dict[str, str | bytes]) -> Inspection:
    """Write the files and inspect them."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
        path.write_bytes(data)
    return inspect(directory)


def declared(inspection: Inspection) -> dict[str, str]:
    """What each module declares, by name."""
    return {module.name: module.declaration.value for module in inspection.declared}


def rules(inspection: Inspection) -> list[str]:
    """The names of the rules, sorted."""
    return sorted({finding.rule.name for finding in inspection.findings})


def lines(inspection: Inspection, rule: str) -> list[int | None]:
    """Where a rule was found."""
    return [f.location.line for f in inspection.findings if f.location and f.rule.name == rule]
