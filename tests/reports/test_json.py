import json
from importlib import resources

from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from made_reports import LINUX, MACOS, example, large, race, reports

from ungil.findings import Report
from ungil.reports import render

SCHEMA = json.loads((resources.files("ungil.reports") / "report.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def rendered(report):
    return json.loads(render(report, "json"))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_every_field_there_is():
    document = rendered(example())
    assert list(document) == list(SCHEMA["properties"])
    assert list(document["summary"]) == list(SCHEMA["$defs"]["summary"]["properties"])
    (distribution, *_), (finding, *_) = document["distributions"], document["findings"]
    assert list(distribution) == list(SCHEMA["$defs"]["distribution"]["properties"])
    assert list(finding) == list(SCHEMA["$defs"]["finding"]["properties"])
    (finding, *_) = rendered(race())["findings"]
    assert list(finding["sides"][0]) == list(SCHEMA["$defs"]["excerpt"]["properties"])
    (module, *_) = next(d["modules"] for d in document["distributions"] if d["modules"])
    assert list(module) == list(SCHEMA["$defs"]["module"]["properties"])


def test_the_three_answers_are_kept_apart_and_unknown_is_null():
    (numpy, _), (lxml, _) = (
        [d for d in rendered(example())["distributions"] if d["name"] == name]
        for name in ("numpy", "lxml")
    )
    assert (numpy["installs"], numpy["keeps_gil_off"], numpy["claims_support"]) == (True,) * 3
    assert (numpy["claim"], numpy["evidence"]) == ("3 - Stable", "declaration")
    assert (lxml["installs"], lxml["keeps_gil_off"], lxml["claims_support"]) == (False, None, None)
    assert (lxml["case"], lxml["case_name"]) == ("UG104", "abi3-only")


def test_the_summary_counts_what_stands_below():
    document = rendered(example())
    assert document["summary"]["findings"] == {"error": 2, "unknown": 2, "warning": 2, "note": 0}
    assert document["summary"]["ignored"] == 2
    assert document["summary"]["answers"][0]["installs"] == {"yes": 5, "no": 2, "unknown": 1}


def test_an_ignored_finding_comes_last_with_its_reason():
    assert rendered(example())["findings"][-1]["ignored"] == "we can"


def test_distributions_are_by_name_and_then_as_the_report_orders_targets():
    report = example(targets=("3.15t", "3.14t"), platforms=(MACOS, LINUX))
    attrs = [(d["target"], d["platform"]) for d in rendered(report)["distributions"][:4]]
    assert attrs == [(t, p) for t in ("3.15t", "3.14t") for p in (MACOS, LINUX)]


def test_text_is_kept_as_it_is_where_json_can():
    evil = "\x1b[2J\n<b>名\u202e"
    assert rendered(Report("check", evil))["subject"] == evil


def test_a_large_report_is_valid():
    VALIDATOR.validate(rendered(large()))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_any_report_is_valid_and_plain_ascii(report):
    text = render(report, "json")
    assert text.isascii()
    document = json.loads(text)
    VALIDATOR.validate(document)
    json.dumps(document, ensure_ascii=False).encode("utf-8")  # no lone surrogate
