"""Every rule has a page, and every page has the same form."""

import re
from importlib import resources

import pytest

from ungil.findings import Rule
from ungil.rules import RULES

SECTIONS = [
    "What it means",
    "Why it matters",
    "How to fix it",
    "Example",
    "Source",
]
PAGES = resources.files("ungil") / "rules"

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())


def prose(page: str) -> list[str]:
    """The lines of a page outside its indented blocks of code."""
    return [line for line in page.splitlines() if not line.startswith("    ")]


@every_rule
def test_the_heading_is_code_and_name(rule: Rule) -> None:
    assert rule.page().splitlines()[0] == f"# {rule.code} {rule.name}"


@every_rule
def test_one_sentence_stands_between_heading_and_sections(rule: Rule) -> None:
    summary = rule.page().split("\n## ")[0].split("\n", 1)[1].strip()
    assert summary.endswith(".")
    assert "\n\n" not in summary
    assert not re.search(r"[.!?] [A-Z]", " ".join(summary.split()))


@every_rule
def test_it_has_exactly_the_sections(rule: Rule) -> None:
    headings = [line for line in prose(rule.page()) if line.startswith("#")]
    assert headings[1:] == [f"## {section}" for section in SECTIONS]


@every_rule
def test_no_section_is_empty(rule: Rule) -> None:
    for section in rule.page().split("\n## ")[1:]:
        assert section.split("\n", 1)[1].strip(), section.split("\n", 1)[0]


@every_rule
def test_it_can_be_read_in_a_terminal(rule: Rule) -> None:
    page = rule.page()
    assert page.endswith("\n")
    assert not page.endswith("\n\n")
    assert "\t" not in page
    for number, line in enumerate(page.splitlines(), 1):
        assert len(line) <= 100, f"line {number} has {len(line)} characters"
        assert line == line.rstrip(), f"line {number} ends in white space"
    text = "\n".join(prose(page))
    assert not re.search(r"</?[a-z]+>|!\[|^\|", text, re.MULTILINE), "HTML, an image or a table"


@every_rule
def test_it_names_only_rules_that_exist(rule: Rule) -> None:
    assert set(re.findall(r"\bUG\d+\b", rule.page())) <= set(RULES)


def test_no_page_is_without_a_rule() -> None:
    pages = {p.name.removesuffix(".md") for p in PAGES.iterdir() if p.name.endswith(".md")}
    assert pages == set(RULES)


def test_the_codes_are_in_order_and_the_names_are_unique() -> None:
    assert list(RULES) == sorted(RULES)
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
