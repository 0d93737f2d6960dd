"""Lists and earlier reports that anybody may have made: read, or refused in one line."""

import json
from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ungil.ecosystem import ListError, Question, names_in, read_earlier, render, survey
from ungil.index import ProjectNotFoundError
from ungil.target import Target, parse_platform, parse_python

TARGETS = [Target(parse_python("3.14t"), parse_platform("linux"))]

# One folder for all examples does no harm here: each writes its file anew.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class EmptyIndex:
    def project(self, name):
        raise ProjectNotFoundError(f"there is no {name}")


def refused_in_one_line(read):
    try:
        return read()
    except ListError as error:
        line = str(error)
    assert line.isprintable()  # hence without a newline
    assert len(line) < 400
    return None


@shared
@given(st.binary(max_size=200), st.sampled_from(["names", "names.json"]))
def test_any_bytes_as_a_list(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    found = refused_in_one_line(lambda: names_in(name, TARGETS, tmp_path))
    if found is not None:
        names, notes = found
        assert names
        assert not notes
        assert len(set(names)) == len(names)
        assert all(n == n.lower() and n.isascii() and not set(n) & set("_.[ /") for n in names)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rows", "data", "packages", "project", "name"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@shared
@given(json_values)
def test_any_json_as_a_list(tmp_path, value):
    (tmp_path / "list.json").write_text(json.dumps(value))
    refused_in_one_line(lambda: names_in("list.json", TARGETS, tmp_path))


@pytest.fixture(scope="module")
def report():
    question = Question("names", ["spam"], TARGETS, date(2026, 2, 24), date(2026, 1, 1))
    return survey(question, EmptyIndex())


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_report_is_read_back_as_it_was(tmp_path, report, form):
    (tmp_path / "report").write_text(render(report, form))
    again = read_earlier(tmp_path / "report")
    assert again == report


@shared
@given(data=st.data())
def test_a_damaged_report(tmp_path, report, data):
    whole = msgspec.json.encode(report)
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=6))
    (tmp_path / "then").write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    earlier = refused_in_one_line(lambda: read_earlier(tmp_path / "then"))
    if earlier is not None:
        question = Question(
            "names", ["spam"], TARGETS, date(2026, 2, 24), date(2026, 1, 1), previous=earlier
        )
        assert survey(question, EmptyIndex()).previous is not None
