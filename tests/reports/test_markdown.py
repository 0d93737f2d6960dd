from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from made_reports import LINUX, MACOS, example, reports
from markdown_it import MarkdownIt

from ungil.findings import Report
from ungil.reports import render

# What GitHub adds to CommonMark and we use. HTML is on, as it is there.
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(MARKDOWN.render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not attrs

    def handle_data(self, data):
        self.text += data


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_a_reader_sees_the_summary_then_the_problems():
    text = render(example(), "markdown")
    assert text.startswith("### ungil check: requirements.txt\n")
    assert "**1 blocker, 1 unknown, 1 warning in 8 distributions**" in text
    assert "| ❌ | **lxml 5.1.0**<br>abi3-only UG104 | requirements.txt:12 |" in text
    assert "1 finding ignored: UG105." in text


def test_the_verdicts_are_folded_away():
    before, _, after = render(example(), "markdown").partition("<details>")
    assert "grpcio" not in before
    assert "| grpcio 1.72.1 | ✓ wheel | on | ✓ wheel | on | ? |" in after


def test_every_row_of_a_table_has_as_many_cells_as_its_head():
    text = render(example(platforms=(LINUX, MACOS)), "markdown")
    for block in text.split("\n\n"):
        assert len({line.count(" | ") for line in rows(block)}) <= 1


def test_a_mention_calls_nobody():
    assert "@e" not in render(Report("check", "@everyone"), "markdown")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_nothing_in_data_is_markup(report):
    text = render(report, "markdown")
    ours = {"h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "br"}
    assert Seen(text).tags <= ours | {"details", "summary", "pre", "code"}
    # A cell that broke out of its table would change the number of cells.
    for block in text.split("\n\n"):
        assert len({line.count("|") for line in rows(block)}) <= 1


def test_a_reader_sees_the_text_as_it_was_written():
    evil = "a_b*c*`d`<i>&amp;|\\|~~e~~[f](g)!"
    assert evil in Seen(render(Report("check", ".", notes=(evil,)), "markdown")).text
