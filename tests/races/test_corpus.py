"""Every racy program of the corpus is reported as it is marked, and no twin is."""

import json
import sys

import pytest
from marked import Program, programs

from ungil.cli import main


def judged(program: Program, tmp_path, *options: str) -> dict[str, object]:
    output = tmp_path / "report.json"
    arguments = ["--format", "json", "--output", str(output), *options, str(program.path)]
    main(["race", *arguments])
    return json.loads(output.read_text("utf-8"))


@pytest.mark.parametrize("program", programs(), ids=lambda one: one.name)
def test_a_program_of_the_corpus(program, tmp_path, monkeypatch, capfd):
    if sys.version_info < program.since:
        pytest.skip(f"racy only since Python {program.since}")
    monkeypatch.chdir(program.path.parent)
    report = judged(program, tmp_path)
    assert program.complaints(report) == []
    # Nothing of ours is printed; what the races do to the program is its own affair.
    assert "ungil" not in capfd.readouterr().err
