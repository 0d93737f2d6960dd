import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from made_reports import LINUX, MACOS, example, reports

from ungil.findings import Report, printable
from ungil.reports import render

VOID = {"meta", "br"}
OURS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer"),
    *("h1", "h2", "h3", "p", "div", "article", "span", "small", "code", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "ol", "ul", "li"),
    *("figure", "figcaption", "br", "pre", "mark"),
}


class Page(HTMLParser):
    """Fails at a tag that is not ours or not closed; keeps the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.attributes = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in OURS
        self.attributes += [(tag, *attr) for attr in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag):
        return "".join(data for where, data in self.texts if where == tag)


def test_a_reader_sees_summary_problems_and_verdicts():
    page = Page(render(example(platforms=(LINUX, MACOS)), "html"))
    assert page.inside("h1") == "requirements.txt"
    assert "1 blocker, 1 unknown, 1 warning in 8 distributions" in page.inside("p")
    assert [data for tag, data in page.texts if tag == "h3"][:2] == ["lxml 5.1.0 ", "our-lib "]
    assert {"numpy 2.3.4", "attrs 25.3.0"} <= {data for tag, data in page.texts if tag == "th"}
    assert "declaration" in page.inside("small")
    assert "1 finding ignored: UG105" in page.inside("summary")


def test_the_page_allows_itself_nothing_but_its_own_style():
    text = render(example(), "html")
    page = Page(text)
    style = re.search("<style>(.*)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [v for tag, k, v in page.attributes if k == "content" and "default-src" in v]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert not {k for _, k, _ in page.attributes} & {"href", "src", "style"}
    assert "url(" not in style


def test_header_cells_say_what_they_head_and_tables_can_be_scrolled_by_keyboard():
    page = Page(render(example(), "html"))
    headers = re.findall("<th[ >]", render(example(), "html"))
    assert len(headers) == len([1 for tag, k, _ in page.attributes if (tag, k) == ("th", "scope")])
    scrolled = [v for tag, k, v in page.attributes if (tag, k) == ("div", "tabindex")]
    assert scrolled == ["0"] * render(example(), "html").count("<table>")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_nothing_in_data_is_a_tag(report):
    text = render(report, "html")
    assert text.isascii()
    page = Page(text)
    assert page.inside("h1") == printable(report.subject)
    assert all(printable(finding.message) in page.inside("p") for finding in report.counting)


def test_a_template_field_in_data_stays_as_it_is():
    assert Page(render(Report("check", "${body} $style"), "html")).inside("h1") == "${body} $style"
