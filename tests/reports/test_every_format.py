import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from made_reports import example, large, race, reports, run

from ungil.findings import Report, printable
from ungil.reports import FORMATS, render


def test_the_door_knows_six_formats():
    assert set(FORMATS) == {"terminal", "json", "sarif", "github", "markdown", "html"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_without_anything_renders(name):
    text = render(Report("check", "."), name)
    assert text.endswith("\n") or name == "github"


@pytest.mark.parametrize("name", FORMATS)
def test_a_large_report_loses_nothing(name):
    text = render(large(), name)
    assert all(f"distribution-{number}" in text for number in range(0, 300, 10))
    assert "distribution-299" in text or name in {"sarif", "github"}


@pytest.mark.parametrize("name", FORMATS)
def test_how_it_came_to_a_finding_is_told(name):
    text = render(run(), name)
    assert text.index("in main imports shop.models") < text.index("imports lxml.etree")


@pytest.mark.parametrize("name", [f for f in FORMATS if f not in {"sarif", "github"}])
def test_imports_are_shown_as_a_tree(name):
    text = render(run(), name)
    tree = text[text.rindex("app.py") :] if name != "json" else text[text.index('"imports"') :]
    assert tree.index("shop.models") < tree.index("lxml.etree") < tree.index("lxml 6.1.3")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "latin-1"])
def test_the_output_can_be_encoded(name, encoding):
    report = dataclasses.replace(example(), subject="требования 要件.txt")
    render(report, name, encoding=encoding).encode(encoding)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_findings_in_another_order_give_the_same_text(name):
    report = example()
    turned = dataclasses.replace(report, verdicts=tuple(reversed(report.verdicts)))
    assert render(turned, name) == render(report, name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_no_format_lets_a_control_character_through(report):
    for name in FORMATS:
        text = render(report, name)
        assert text.replace("\n", "") == printable(text.replace("\n", "")), name


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_colour_adds_nothing_but_styles(report):
    plain = render(report, "terminal", width=80)
    colored = render(report, "terminal", width=80, color=True)
    without = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [x.rstrip() for x in without.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("name", FORMATS)
def test_both_sides_of_a_race_are_shown(name):
    text = render(race(), name)
    for said in ("Thread-1 reads", "Thread-2 writes", "in main", "app/count.py", "20", "10"):
        assert said in text
    if name not in {"sarif", "github"}:
        assert "self.n = self.n + 1" in text.replace("\\", "")


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_information_is_counted_and_shown_only_when_verbose(name):
    assert "2 unordered-publication UG408" in render(race(), name)
    assert "Job.done" not in render(race(), name)
    assert "Job.done" in render(race(), name, verbose=True)


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_what_a_race_does_is_no_blocker(name):
    assert "1 error" in render(race(), name)
    assert "locker" not in render(race(), name)
