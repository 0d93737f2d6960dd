"""Results as text: for a terminal, as JSON, Markdown, a page, and for pyperf."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from bench_made import FORCED, FREE, GIL, concluded, machine, measured, scaling_times, yardsticks

from ungil.bench.concluding import conclude
from ungil.bench.formats import FORMATS, render
from ungil.bench.model import Advice, Cell, Result
from ungil.cli import main
from ungil.findings import Finding, Location, Rule, Severity

PEOPLE = ("terminal", "markdown", "html")
HOSTILE = 'evil\x1b[2J<script>alert(1)</script>|`*_@someone\n"&amp;\u202e'


def everything(name="primes", usable=8.0):
    """Three builds, three arms, an outlier, an arm that does not apply, findings and advice."""
    times = {
        **scaling_times("3.14", "threads"),
        **scaling_times("3.14t", "threads"),
        Cell("3.14t gil=1", "serial", 1): 1.05,
        Cell("3.14t", "processes", 2): [0.6, 0.61, 0.6, 0.59, 3.0, 0.6, 0.61],
        Cell("3.14t", "interpreters", 2): 0.7,
    }
    taken = measured(times, (GIL, FREE, FORCED), name)
    gone = taken.of("3.14t", "interpreters", 2)
    gone.samples.clear()
    gone.problem, gone.kind = "it cannot be sent to another process: no pickle", "pickle"
    not_there = taken.of("3.14", "threads", 8)
    not_there.samples.clear()
    not_there.problem, not_there.kind = "Python 3.99 is the first that has them", "arm"
    rule = Rule("UG999", "made-up", Severity.WARNING, "made up")
    finding = Finding(
        rule, name, "Something is shared.", "Copy it.", location=Location("work.py", 7)
    )
    return replace(
        conclude(taken, machine(usable), yardsticks(usable)),
        findings=(finding,),
        advice=Advice("Use threads.", ("they are faster",), ("you have one core",)),
        notes=("A note about the run.",),
    )


@pytest.mark.parametrize("form", FORMATS)
def test_everything_can_be_rendered(form):
    text = render([everything(), everything("json")], form)
    assert text.endswith("\n")
    for name in ("primes", "json"):
        assert name in text


@pytest.mark.parametrize("form", PEOPLE)
def test_formats_for_people_say_all_that_there_is(form):
    text = render([everything()], form, width=200)
    for what in (
        "3.14t gil=1",
        "threads",
        "processes",
        "faster",
        "not measured",
        "no pickle",
        "Python 3.99 is the first",
        "UG999 made-up",
        "work.py:7",
        "Something is shared.",
        "Copy it.",
        "Use threads.",
        "they are faster",
        "you have one core",
        "A note about the run.",
        "3.00 s in round 5",
        "universal scalability law",
        "Karp &",
        "3.14t gil=1 takes 1.05 (1.05–1.05) times as long as 3.14",
        "Somebody",
        "98% confidence",
    ):
        assert what in plain(text), what


def plain(text):
    """Without what Markdown and HTML need, and with each space once."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>|\\", " ", text, flags=re.DOTALL)
    for entity, character in (("&#8211;", "–"), ("&#39;", "'"), ("&amp;", "&"), ("&#x27;", "'")):
        text = text.replace(entity, character)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("form", PEOPLE)
def test_a_busy_machine_is_told_first(form):
    taken = measured(scaling_times())
    text = plain(render([conclude(taken, machine(), yardsticks(share=0.5))], form))
    assert "Nothing is concluded: the machine is busy" in text
    assert text.index("Nothing is concluded") < text.index("efficiency")
    assert "faster" not in text
    assert "law" not in text


@pytest.mark.parametrize("form", PEOPLE)
def test_thirty_two_threads_are_never_called_four(form):
    times = {Cell("3.14t", "serial", 1): 3.7, Cell("3.14t", "threads", 32): 0.35}
    text = plain(render([concluded(times, 4.0)], form))
    assert "32 oversubscribed" in text
    assert "32 workers on 4 processors" in text
    assert not re.search(r"\bon 4 threads|\b4 threads|threads 4\b", text)
    assert "faster" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width):
    text = render([everything("a-rather-long-name " * 4), everything()], "terminal", width=width)
    assert max(map(len, text.splitlines())) <= width
    # Whatever is left out, the label that nothing may go without stays.
    crowded = render([everything(usable=2.0)], "terminal", width=width)
    assert crowded.count("oversubscribed") == 3


def test_without_color_there_are_no_escape_sequences():
    assert "\x1b" not in render([everything()], "terminal")
    assert "\x1b[" in render([everything()], "terminal", color=True)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_nothing_is_beyond_the_encoding_of_the_stream(form, encoding):
    text = render([everything("größer–naïve 日本")], form, encoding=encoding)
    text.encode(encoding)
    if form == "terminal":
        assert "⡇" not in text
        assert "1.05-1.05" in text or encoding != "ascii"


def test_a_plot_is_drawn_for_three_numbers_of_workers_or_more():
    assert "⣇" in render([concluded(scaling_times())], "terminal")
    times = {Cell("3.14t", "serial", 1): 1.0, Cell("3.14t", "threads", 2): 0.5}
    assert "⣇" not in render([concluded(times)], "terminal")


def hostile():
    named = everything(HOSTILE)
    builds = tuple(replace(build, program=Path(HOSTILE)) for build in named.measured.builds)
    for series in named.measured.series:
        series.problem = series.problem and HOSTILE
    return replace(
        named,
        measured=replace(named.measured, builds=builds),
        machine=machine(model=HOSTILE, container=HOSTILE),
        notes=(HOSTILE,),
        advice=Advice(HOSTILE, (HOSTILE,), (HOSTILE,)),
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("color", [False, True])
def test_hostile_names_do_nothing(form, color):
    text = render([hostile()], form, color=color)
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    if form in {"markdown", "html"}:
        assert "<script>" not in text
    if form == "markdown":
        assert "@someone" not in text
        tables = [line for line in text.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in tables}) == 2


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in {"meta", "br", "path", "circle", "rect", "line"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in {"path", "circle", "rect", "line"}:
            return
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing():
    page = render([hostile(), everything()], "html")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert page.isascii()
    names = {tag for tag, _ in tags.seen}
    assert "svg" in names
    assert not names & {"script", "link", "img", "iframe", "object"}
    for _, attributes in tags.seen:
        assert not {"src", "onclick", "onload"} & set(attributes)
    assert "default-src 'none'" in page


def test_every_sample_is_on_the_page():
    result = everything()
    page = render([result], "html")
    for series in result.measured.series:
        for one in series.samples:
            assert f"{one.wall:.6f} s" in page
    assert page.count("outlier</td>") == 1


def test_json_holds_all_of_it():
    result = everything()
    whole = json.loads(render([result], "json"))
    (read,) = whole["results"]
    back = msgspec.convert(read, Result, strict=False, dec_hook=lambda kind, value: kind(value))
    assert back == result


@pytest.fixture(scope="module")
def pyperf(tmp_path_factory):
    pytest.importorskip("pyperf")
    folder = tmp_path_factory.mktemp("pyperf")
    slower = {cell: wall * 1.5 for cell, wall in scaling_times().items()}
    noise = (0.99, 1.0, 1.01, 1.0, 0.99, 1.0, 1.01)
    for name, times in (("a", scaling_times()), ("b", slower)):
        spread = {cell: [wall * part for part in noise] for cell, wall in times.items()}
        text = render([concluded(spread, usable=4.0), hostile()], "pyperf")
        (folder / f"{name}.json").write_text(text, "utf-8")

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "pyperf", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.folder = folder
    return run


def test_pyperf_compares_two_of_them(pyperf):
    told = pyperf("compare_to", "a.json", "b.json")
    for cell in ("serial", "threads", "threads 2", "threads 4", "threads 8"):
        name = re.escape(f"primes 3.14t {cell}:")
        assert re.search(rf"{name} .* -> .*: 1\.50x slower", told), cell


def test_pyperf_shows_stats_and_metadata(pyperf):
    stats = pyperf("stats", "-b", "primes 3.14t threads 4", "a.json")
    assert "Total number of run: 7" in stats
    assert "Number of warmup per run: 1" in stats
    metadata = pyperf("metadata", "-b", "primes 3.14t threads 8", "a.json")
    for line in (
        "cpu_model_name: Somebody's processor",
        "cpu_config: governor:performance, no turbo",
        "cgroup: v2",
        "load_avg_1min: 0.00",
        "python_build: free-threaded",
        "python_version: 3.14.7",
        "ungil_workers: 8",
        "ungil_oversubscribed: yes",
    ):
        assert f"- {line}" in metadata
    assert "python_build: GIL-enabled, pgo, lto" in pyperf("metadata", "a.json")
    pyperf("show", "a.json")
    pyperf("check", "a.json")
    pyperf("dump", "a.json")


def test_pyperf_keeps_what_it_read(pyperf):
    pyperf("convert", "a.json", "-o", "c.json")
    ours, theirs = (json.loads((pyperf.folder / f"{n}.json").read_text()) for n in "ac")
    assert len(ours["benchmarks"]) == len(theirs["benchmarks"])
    runs = [[run["values"] for run in one["runs"]] for one in ours["benchmarks"]]
    assert runs == [[run["values"] for run in one["runs"]] for one in theirs["benchmarks"]]


@pytest.fixture(scope="module")
def smallest():
    """`ungil bench` with next to nothing to do, on the Python that runs this."""
    size = ["--set", "limit=200", "--set", "pieces=4"]
    build = ["--python", sys.executable, "--arms", "threads", "--workers", "1,64", "--rounds", "1"]
    return ["bench", "primes", *size, *build]


def test_the_command_measures_and_writes_a_file(smallest, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert main([*smallest, "--format", "json", "--output", str(out)]) == 0
    assert capsys.readouterr().out == ""
    (result,) = json.loads(out.read_text("utf-8"))["results"]
    arms = [(one["cell"]["arm"], one["cell"]["workers"]) for one in result["measured"]["series"]]
    assert arms == [("serial", 1), ("threads", 1), ("threads", 64)]
    assert [len(one["samples"]) for one in result["measured"]["series"]] == [1, 1, 1]
    assert [one["workers"] for one in result["yardsticks"]] == [1]
    assert [len(one["busy"]) for one in result["yardsticks"]] == [1]
    assert {one["verdict"] for one in result["comparisons"]} == {"unclear"}
    (scaling,) = result["scaling"]
    usable = result["machine"]["usable"]
    assert [one["oversubscribed"] for one in scaling["points"]] == [False, usable < 64]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_with_one_processor_nothing_is_said_of_parallelism(smallest, capsys):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert main([*smallest, "--workers", "1,2", "--format", "json"]) == 0
    finally:
        os.sched_setaffinity(0, before)
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert any("no second processor" in one for one in result["refusals"])
    (scaling,) = result["scaling"]
    assert [one["oversubscribed"] for one in scaling["points"]] == [False, True]
    assert scaling["law"] is None
    assert scaling["serial_fraction"] is None


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(smallest, tmp_path, capsys):
    out = tmp_path / "none" / "out.html"
    assert main([*smallest, "--format", "html", "--output", str(out)]) == 2
    assert "ungil: " in capsys.readouterr().err
    assert list(Path(tmp_path).iterdir()) == []
