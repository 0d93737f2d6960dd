"""The official schema of SARIF is not copied here, and no maintained package ships it.

`LOG` is the part of it that our logs use, closed: what is not listed here is not
allowed, so it accepts nothing that the official one would reject.
"""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from made_reports import ABI3_ONLY, example, race, reports, run

from ungil.findings import Finding, Location, Report
from ungil.reports import render


def closed(required, **optional):
    properties = {**required, **optional}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def array(items, **more):
    return {"type": "array", "items": items, **more}


TEXT = {"type": "string"}
MESSAGE = closed({"text": TEXT}, markdown=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
KIND = {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]}
# RFC 3986, with everything else percent-encoded.
URI_REFERENCE = {"type": "string", "pattern": r"^(?:[A-Za-z0-9._~:/-]|%[0-9A-F]{2})+$"}
RULE = closed(
    {"id": TEXT},
    name=TEXT,
    shortDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed({}, level=LEVEL),
)
LOCATION = closed(
    {},
    physicalLocation=closed(
        {"artifactLocation": closed({"uri": URI_REFERENCE}, uriBaseId=TEXT)},
        region=closed({"startLine": {"type": "integer", "minimum": 1}}),
    ),
    logicalLocations=array(closed({}, name=TEXT), uniqueItems=True),
    message=MESSAGE,
)
# §3.36.3 and §3.37.6: none of the arrays is empty.
FLOW = closed(
    {
        "threadFlows": array(
            closed({"locations": array(closed({}, location=LOCATION), minItems=1)}), minItems=1
        )
    }
)
RESULT = closed(
    {"message": MESSAGE},
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    kind=KIND,
    level=LEVEL,
    locations=array(LOCATION),
    codeFlows=array(FLOW),
    relatedLocations=array(LOCATION, uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    properties={"type": "object"},
    suppressions=array(
        closed({"kind": {"enum": ["inSource", "external"]}}, justification=TEXT), uniqueItems=True
    ),
)
INVOCATION = closed(
    {"executionSuccessful": {"type": "boolean"}},
    endTimeUtc={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    toolExecutionNotifications=array(closed({"message": MESSAGE}, level=LEVEL)),
)
DRIVER = closed({"name": TEXT}, version=TEXT, rules=array(RULE, uniqueItems=True))
RUN = closed(
    {"tool": closed({"driver": DRIVER})},
    automationDetails=closed({}, id=TEXT),
    invocations=array(INVOCATION),
    results=array(RESULT),
)
LOG = closed({"version": {"const": "2.1.0"}, "runs": array(RUN)}, **{"$schema": TEXT})
VALIDATOR = Draft202012Validator(LOG)


def run_of(report):
    log = json.loads(render(report, "sarif"))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


def result_of(**finding):
    finding = {"rule": ABI3_ONLY, "subject": "a 1", "message": "m", **finding}
    (result,) = run_of(Report("check", "uv.lock", findings=(Finding(**finding),)))["results"]
    return result


def uri_of(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]


def test_severities_become_kinds_and_levels():
    found = {r["ruleId"]: (r["kind"], r["level"]) for r in run_of(example())["results"]}
    assert found == {
        "UG104": ("fail", "error"),
        "UG121": ("open", "none"),
        "UG106": ("fail", "warning"),
        "UG105": ("fail", "warning"),
    }


def test_each_rule_brings_its_page():
    rules = run_of(example())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["UG104", "UG105", "UG106", "UG121"]
    assert rules[0]["help"]["markdown"] == ABI3_ONLY.page()


def test_a_finding_stands_at_its_line():
    result = result_of(location=Location("./sub dir/requirements.txt", 3), remedy="Upgrade.")
    assert uri_of(result) == {"uri": "sub%20dir/requirements.txt", "uriBaseId": "%SRCROOT%"}
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert result["message"]["text"] == "a 1: m Upgrade."


def test_a_finding_without_a_place_stands_at_the_subject():
    result = result_of()
    assert uri_of(result)["uri"] == "uv.lock"
    assert result["locations"][0]["logicalLocations"] == [{"name": "a 1"}]


@pytest.mark.parametrize(
    ("path", "uri"),
    [("/srv/x y.txt", "file:///srv/x%20y.txt"), (r"C:\x.txt", "file:///C%3A/x.txt")],
)
def test_an_absolute_path_is_an_absolute_uri(path, uri):
    assert uri_of(result_of(location=Location(path))) == {"uri": uri}


def test_only_an_ignored_finding_is_suppressed_and_says_why():
    suppressed = {r["ruleId"]: r.get("suppressions") for r in run_of(example())["results"]}
    assert suppressed.pop("UG105") == [{"kind": "external", "justification": "we can"}]
    assert set(suppressed.values()) == {None}


def test_a_fingerprint_survives_a_moved_line_and_a_new_target():
    one = result_of(location=Location("a.txt", 3), target="3.14t")
    two = result_of(location=Location("a.txt", 9), target="3.15t")
    other = result_of(location=Location("b.txt", 3), target="3.14t")
    assert one["partialFingerprints"] == two["partialFingerprints"]
    assert one["partialFingerprints"] != other["partialFingerprints"]


def test_a_message_holds_neither_a_placeholder_nor_a_link():
    assert result_of(message="[x](https://example.org) {0}")["message"]["text"].endswith(
        "[x] (https://example.org) {{0}}"
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_any_report_is_a_valid_log(report):
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["kind"] == "fail" or result["level"] == "none"
        assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["ungilProblem/v1"])


def test_the_steps_of_a_finding_are_a_code_flow():
    (result,) = run_of(run())["results"]
    ((flow,),) = (f["threadFlows"] for f in result["codeFlows"])
    first, last = (step["location"] for step in flow["locations"])
    assert first["message"]["text"] == "in main imports shop.models"
    assert first["physicalLocation"]["artifactLocation"]["uri"] == "app.py"
    assert last["physicalLocation"]["region"] == {"startLine": 3}


def test_each_side_of_a_race_is_a_thread_of_its_own():
    lost = run_of(race())["results"][0]
    flows = [
        [one["location"]["physicalLocation"]["region"]["startLine"] for one in flow["locations"]]
        for flow in lost["codeFlows"][0]["threadFlows"]
    ]
    assert flows == [[20, 7], [10]]
    assert [one["message"]["text"] for one in lost["relatedLocations"]] == [
        "Thread-1 reads self.n, then writes it in Counter.add",
        "Thread-2 writes self.n in Counter.reset",
    ]
