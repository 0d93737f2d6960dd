import re

from hypothesis import HealthCheck, given, settings
from made_reports import ABI3_ONLY, example, reports

from ungil.findings import Finding, Location, Report
from ungil.reports import render

COMMAND = re.compile(
    r"::(error|warning|notice) (?:file=([^:,\r\n]*),)?(?:line=(\d+),)?title=([^:,\r\n]*)::(.*)"
)


def test_a_problem_is_a_command_at_its_place():
    error, unknown, warning = render(example(), "github").splitlines()
    assert error == (
        "::error file=requirements.txt,line=12,title=UG104 abi3-only::"
        "lxml 5.1.0%0AOnly abi3 wheels were published.%0AUpgrade to lxml 6.0.0."
    )
    assert (
        unknown == "::warning title=UG121 not-indexed::our-lib%0AIt comes from Git.%0APublish it."
    )
    assert warning.startswith("::warning title=UG106 pure-fallback::pyyaml")


def test_ignored_findings_are_not_printed():
    assert "orjson" not in render(example(), "github")


def test_nothing_in_data_ends_a_property_or_begins_a_command():
    finding = Finding(
        ABI3_ONLY, "50%\n::error::forged", "\r\nx", location=Location("a:b,line=9::c%.txt", 3)
    )
    (line,) = render(Report("check", ".", findings=(finding,)), "github").splitlines()
    assert line == (
        r"::error file=a%3Ab%2Cline=9%3A%3Ac%25.txt,line=3,title=UG104 abi3-only::"
        r"50%25\x0a::error::forged%0A\x0d\x0ax"
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_every_line_is_one_well_formed_command(report):
    for line in render(report, "github").splitlines():
        _, file, _, _, message = COMMAND.fullmatch(line).groups()
        assert re.search(r"%(?!25|0A|3A|2C)", (file or "") + message) is None
