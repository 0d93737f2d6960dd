"""Every racy program of the corpus is reported as it is marked, and no twin is."""

import json
import os
import shutil
import sys

import pytest
from marked import Program, programs

from ungil.cli import main

INFORMS = {"UG410", "UG411"}
"""What was seen as it is, so there is nothing to confirm."""


CONFIRMED = {program.name for program in [p for p in programs() if p.expected][::3]}
"""A third of those that are racy; `scripts/confirm_corpus.py` tries them all, and replays."""


def judged(program: Program, folder, seconds: int) -> dict[str, object]:
    output = folder / "report.json"
    arguments = ["--format", "json", "--output", str(output), "--confirm", str(seconds)]
    main(["race", *arguments, program.path.name])
    return json.loads(output.read_text("utf-8"))


def may_confirm() -> bool:
    try:
        import ungil.races._native._core  # noqa: F401, PLC0415 - is it there?
    except ImportError:
        return False
    return hasattr(os, "fork")


@pytest.mark.parametrize("program", programs(), ids=lambda one: one.name)
def test_a_program_of_the_corpus(program, tmp_path, monkeypatch, capfd):
    if sys.version_info < program.since:
        pytest.skip(f"racy only since Python {program.since}")
    folder = shutil.copytree(program.path.parent, tmp_path / program.path.parent.name)
    monkeypatch.chdir(folder)
    confirms = program.name in CONFIRMED and may_confirm()
    report = judged(program, folder, 300 if confirms else 0)
    assert program.complaints(report) == []
    # Nothing of ours is printed; what the races do to the program is its own affair.
    assert "ungil" not in capfd.readouterr().err
    if confirms:
        codes = set(program.expected.values()) - INFORMS
        told = {f["message"]: f["confirmed"] for f in report["findings"] if f["code"] in codes}
        assert set(told.values()) <= {True}, told
