import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_reports import (
    LINUX,
    MACOS,
    PURE,
    SOURCE_ONLY,
    SWITCHED,
    WHEEL,
    WINDOWS,
    example,
    large,
    module,
    race,
    reports,
    verdicts,
)
from rich.cells import cell_len

from ungil.findings import Evidence, Finding, Line, Report, Step, Verdict
from ungil.reports import render


def terminal(report, width=100, **options):
    return render(report, "terminal", width=width, **options)


def line_with(text, *words):
    (line,) = [line for line in text.splitlines() if all(word in line for word in words)]
    return line


def test_the_first_line_says_how_it_went():
    first = terminal(example()).splitlines()[0]
    assert first == "requirements.txt: 1 blocker, 1 unknown, 1 warning in 8 distributions"


def test_the_three_answers_are_counted_apart():
    text = terminal(example())
    line_with(text, "installs", "keeps the GIL off", "claims support")
    counted = line_with(text, "3.14t", " of ")
    assert " ".join(counted.split()) == "3.14t 5 of 8, 1 ? 3 of 8, 4 ? 1 of 8, 7 ?"


def test_what_holds_for_every_target_is_said_once_with_place_and_remedy():
    text = terminal(example(platforms=(LINUX, MACOS)))
    assert line_with(text, "lxml", "UG104").split("·")[1].strip() == "requirements.txt:12"
    line_with(text, "Only abi3 wheels were published.")
    line_with(text, "→ Upgrade to lxml 6.0.0.")


def test_what_holds_for_some_targets_says_for_which():
    report = example(platforms=(LINUX, MACOS, WINDOWS))
    findings = tuple(
        f for f in report.findings if (f.target, f.platform) in {("3.15t", MACOS), ("3.15t", LINUX)}
    )
    text = terminal(dataclasses.replace(report, findings=findings))
    line_with(text, "3.15t on linux, macos: Only abi3 wheels")


def test_blockers_come_before_the_unknown_and_these_before_warnings():
    text = terminal(example())
    assert text.index("Blocker") < text.index("Unknown") < text.index("Warning")
    assert text.index("Warning") < text.index("Distributions")


def test_a_row_shows_installing_the_gil_and_the_claim_apart():
    text = terminal(example(targets=("3.14t",)))
    assert line_with(text, "numpy").split() == ["numpy", "2.3.4", "✓", "wheel", "off", "stable"]
    assert line_with(text, "grpcio").split() == ["grpcio", "1.72.1", "✓", "wheel", "on", "?"]
    assert line_with(text, "lxml", "abi3 only").split()[2:] == ["✗", "abi3", "only", "?", "?"]
    assert line_with(text, "orjson").split()[2:] == ["⚒", "build", "?", "?"]
    assert line_with(text, "pyyaml", "~").split()[2:] == ["~", "pure", "fallback", "?", "?"]
    assert line_with(text, "our-lib", "? not indexed").split()[1:] == [
        "?",
        "not",
        "indexed",
        "?",
        "?",
    ]


def test_a_wheel_that_nobody_looked_into_is_told_from_one_that_does_not_tell():
    answers = {"installs": True, "evidence": Evidence.TAG}
    read = {"installs": True, "evidence": Evidence.DECLARATION}
    found = (
        *verdicts("not-read", "1", WHEEL, [("3.14t", LINUX)], **answers),
        *verdicts("undecided", "1", WHEEL, [("3.14t", LINUX)], **read),
        *verdicts("built", "1", SOURCE_ONLY, [("3.14t", LINUX)], evidence=Evidence.TAG),
    )
    text = terminal(Report("check", "x", ("3.14t",), (LINUX,), found))
    assert line_with(text, "not-read").split()[-2:] == ["tag", "?"]
    assert line_with(text, "undecided").split()[-2:] == ["?", "?"]
    assert line_with(text, "built 1").split()[-2:] == ["?", "?"]


def test_verbose_shows_every_module_once_where_the_targets_agree():
    assert "cygrpc" not in terminal(example())
    text = terminal(example(platforms=(LINUX, MACOS)), verbose=True)
    line_with(text, "grpc._cython.cygrpc", "switches it on", "its slot says used (code)")
    line_with(text, "numpy.random._pcg64", "keeps it off")
    part = text[text.index("Extension modules") :]
    assert part.index("grpcio 1.72.1") < part.index("numpy 2.3.4")


def test_modules_that_differ_are_shown_with_their_place():
    places = [("3.14t", LINUX), ("3.14t", MACOS)]
    found = [
        Verdict("a", "1", target, platform, WHEEL, modules=(module("a._a", declaration),))
        for (target, platform), declaration in zip(places, ("used", "not_used"), strict=True)
    ]
    text = terminal(Report("check", "x", ("3.14t",), (LINUX, MACOS), tuple(found)), verbose=True)
    line_with(text, "a 1 linux")
    line_with(text, "a 1 macos")


def test_what_is_pure_and_fine_is_one_line_unless_verbose():
    line_with(terminal(example()), "2 pure-Python distributions fit every target: attrs, idna")
    assert line_with(terminal(example(), verbose=True), "idna").split()[:4] == [
        "idna",
        "3.10",
        "✓",
        "pure",
    ]


def test_a_pure_distribution_that_claims_support_keeps_its_claim_when_folded():
    places = [("3.14t", LINUX)]
    row = verdicts(
        "attrs", "25", PURE, places, installs=True, keeps_gil_off=True, claims_support=True
    )
    text = terminal(Report("check", ".", ("3.14t",), (LINUX,), tuple(row)))
    assert line_with(text, "1 pure-Python").endswith("attrs; claiming support: attrs")


def test_ignored_findings_are_counted_and_shown_only_when_verbose():
    assert "1 finding ignored: UG105" in terminal(example())
    assert "It gets built." not in terminal(example())
    assert "ignored: we can" in terminal(example(), verbose=True)


def test_platforms_that_agree_share_a_row():
    places = [("3.14t", p) for p in (LINUX, MACOS, WINDOWS)]
    found = verdicts("a", "1", WHEEL, places, installs=True)
    found[2] = dataclasses.replace(found[2], installs=False)
    report = Report("check", ".", ("3.14t",), (LINUX, MACOS, WINDOWS), tuple(found))
    text = terminal(report)
    line_with(text, "a 1", "linux, macos", "✓")
    line_with(text, "windows", "✗ wheel")


def test_a_version_that_differs_stands_in_the_cells():
    found = [
        *verdicts("a", "2.0", WHEEL, [("3.14t", LINUX)], installs=True),
        *verdicts("a", "1.0", WHEEL, [("3.15t", LINUX)], installs=True),
    ]
    text = terminal(Report("check", ".", ("3.14t", "3.15t"), (LINUX,), tuple(found)))
    line_with(text, "2.0", "1.0")
    assert line_with(text, "a ", "✓ wheel").count("✓ wheel") == 2


def test_one_name_pinned_twice_keeps_both_rows():
    places = [("3.14t", LINUX)]
    found = (*verdicts("a", "1.0", WHEEL, places), *verdicts("a", "2.0", WHEEL, places))
    text = terminal(Report("check", ".", ("3.14t",), (LINUX,), found))
    line_with(text, "a 1.0")
    line_with(text, "a 2.0")


def test_what_is_not_needed_somewhere_is_not_called_unknown():
    found = [
        *verdicts("a", "1", WHEEL, [("3.14t", LINUX), ("3.15t", LINUX)], installs=True),
        *verdicts("b", "1", WHEEL, [("3.14t", LINUX)], installs=True),
    ]
    text = terminal(Report("check", ".", ("3.14t", "3.15t"), (LINUX,), tuple(found)))
    assert line_with(text, "b 1").split() == ["b", "1", "✓", "wheel", "?", "–", "?"]
    assert "– not needed there" in text


def test_two_targets_stand_side_by_side_in_80_columns():
    line_with(terminal(example(), width=80), "distribution", "3.14t", "3.15t")


def test_targets_that_do_not_fit_get_a_table_of_their_own():
    text = terminal(example(), width=60)
    line_with(text, "distribution", "3.14t")
    line_with(text, "distribution", "3.15t")


def test_it_ends_with_the_notes_and_where_to_read_more():
    *_, note, ignored, hint = terminal(example()).splitlines()
    assert note == "Extras were not looked at."
    assert ignored.startswith("1 finding ignored")
    assert hint == "ungil explain UG104 says more about a rule."


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_without_our_glyphs_gets_plain_ones(encoding):
    text = terminal(example(targets=("3.14t",)), encoding=encoding)
    text.encode(encoding)
    assert line_with(text, "numpy").split()[2:4] == ["+", "wheel"]
    assert line_with(text, "lxml", "abi3 only").split()[2] == "x"


def test_data_that_cannot_be_encoded_is_spelt_out_within_the_width():
    finding = Finding(WHEEL, "名" * 30, "é" * 60)
    text = terminal(Report("check", ".", findings=(finding,)), width=60, encoding="ascii")
    assert r"\u540d" in text
    assert all(len(line) <= 60 for line in text.splitlines())


def test_markup_in_data_is_only_text():
    text = terminal(Report("check", "[bold]x[/bold]:smile:", notes=("[red]y", "[/]")), color=True)
    assert "[bold]x[/bold]:smile:" in text
    assert "[red]y" in text


def test_the_environment_does_not_change_it(monkeypatch):
    before = terminal(example(), width=70, color=True)
    for name, value in {
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "40",
        "FORCE_COLOR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert terminal(example(), width=70, color=True) == before
    assert "\x1b" not in terminal(example(), width=70)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports(), st.integers(40, 200), st.booleans())
def test_no_line_is_wider_than_the_width(report, width, verbose):
    for line in terminal(report, width=width, verbose=verbose).splitlines():
        assert cell_len(line) <= width


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_of_a_large_report_is_wider_than_the_width(width):
    assert max(map(cell_len, terminal(large(), width=width).splitlines())) <= width


def test_of_a_long_way_only_its_ends_are_shown():
    steps = tuple(Step(f"imports m{n}.") for n in range(40))
    report = Report("run", "app.py", findings=(Finding(SWITCHED, "x", "It.", steps=steps),))
    text = render(report, "terminal", width=80)
    assert "imports m2." in text
    assert "29 steps; --verbose shows them" in text
    assert "imports m31." not in text
    assert "imports m32." in text
    assert "imports m20." in render(report, "terminal", width=80, verbose=True)


def test_two_excerpts_stand_beside_each_other_where_their_lines_fit():
    wide = render(race(), "terminal", width=100)
    assert re.search(r"> 7     self.n = self.n \+ 1 +> 10     self.n = 0$", wide, re.MULTILINE)
    narrow = render(race(), "terminal", width=60)
    assert "    > 7     self.n = self.n + 1\n" in narrow
    assert narrow.index("self.n + 1") < narrow.index("Thread-2 writes self.n")


def test_a_line_that_does_not_fit_puts_them_below_each_other():
    report = race()
    (lost, *others) = report.findings
    long = dataclasses.replace(lost.sides[1], lines=(Line(10, "x = " + "y" * 60, marked=True),))
    lost = dataclasses.replace(lost, sides=(lost.sides[0], long))
    text = render(dataclasses.replace(report, findings=(lost, *others)), "terminal", width=100)
    assert "    > 10 x = " + "y" * 60 in text
