"""`[tool.ungil]`: what is accepted, what is refused and how, what an ignore does."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ungil.config import Config, ConfigError, Ignore, RaceConfig, apply_ignores, load
from ungil.findings import Evidence, Excerpt, Finding, Location, Severity
from ungil.rules import LOST_UPDATE, RULES, SOURCE_ONLY


def config(tmp_path, text):
    path = tmp_path / "pyproject.toml"
    path.write_text(text, "utf-8")
    return load(path)


def test_everything_has_a_default(tmp_path):
    assert load(tmp_path / "pyproject.toml") == Config()
    assert config(tmp_path, "[project]\nname = 'x'\n") == Config()


def test_every_key_is_read(tmp_path):
    read = config(
        tmp_path,
        """
        [tool.ungil]
        targets = ["3.15t"]
        platforms = ["macos", "windows"]
        extras = ["Fast_Path"]
        groups = ["dev"]
        only-binary = true
        evidence = "tag"
        fail-on = "warning"
        ignore = [
            { rule = "UG105", distribution = "OrJSON", reason = "built here", until = 2027-01-31 },
        ]
        """,
    )
    assert [str(t) for t in read.targets] == ["3.15t"]
    assert [str(p) for p in read.platforms] == ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"]
    assert read.extras == ("fast-path",)
    assert read.groups == ("dev",)
    assert read.only_binary
    assert read.evidence is Evidence.TAG
    assert read.fail_on is Severity.WARNING
    (ignore,) = read.ignores
    assert (ignore.rule, ignore.distribution, ignore.until) == (
        "UG105",
        "orjson",
        date(2027, 1, 31),
    )
    assert ignore.location is not None
    assert ignore.location.line == 11


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fail-in = 'error'", "did you mean 'fail-on'"),
        ("target = ['3.14t']", "did you mean 'targets'"),
        ("targets = '3.14t'", "must be a list of texts"),
        ("targets = ['3.12t']", "no free-threaded build of 3.12"),
        ("platforms = ['beos']", "is no platform"),
        ("only-binary = 1", "true or false"),
        ("fail-on = 'unknown'", "must be one of error, warning, note"),
        ("ignore = [{ rule = 'UG105' }]", "needs `reason`"),
        ("ignore = [{ rule = 'UG105', reason = ' ' }]", "needs `reason`"),
        ("ignore = [{ rule = 'UG195', reason = 'x' }]", "there is no rule 'UG195'"),
        ("ignore = [{ rule = 'UG105', reason = 'x', untill = 2027-01-01 }]", "'until'"),
        ("ignore = [{ rule = 'UG105', reason = 'x', until = 'soon' }]", "is no date"),
        ("ignore = 'UG105'", "must be a list of tables"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path, text, says):
    with pytest.raises(ConfigError) as raised:
        config(tmp_path, f"[tool.ungil]\n{text}\n")
    assert says in str(raised.value)
    assert "pyproject.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reader(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "pyproject.toml"
    path.write_bytes(b"[tool.ungil]\n" + data)
    with contextlib.suppress(ConfigError):
        load(path)


def finding(name="orjson"):
    return Finding(SOURCE_ONLY, f"{name} 3.13.0", "It is built.")


def marks(ignore, *findings, today=date(2026, 11, 23)):
    return [
        (f.rule.code, f.subject.split()[0], f.ignored)
        for f in apply_ignores(findings, [ignore], today)
    ]


def test_an_ignore_sets_aside_what_it_names_and_nothing_else():
    ignore = Ignore("UG105", "built here", "orjson")
    assert marks(ignore, finding(), finding("lxml")) == [
        ("UG105", "orjson", "built here"),
        ("UG105", "lxml", None),
    ]


def test_an_ignore_holds_to_the_end_of_its_last_day():
    ignore = Ignore("UG105", "until the upgrade", until=date(2026, 11, 23))
    assert marks(ignore, finding())[0][2] == "until the upgrade"
    late = marks(ignore, finding(), today=date(2026, 11, 24))
    assert late[0] == ("UG105", "orjson", None)
    assert late[1][0] == "UG130"


def test_an_ignore_of_nothing_is_reported():
    assert marks(Ignore("UG101", "left over"))[0][0] == "UG131"


def test_every_rule_can_be_ignored(tmp_path):
    for code in RULES:
        text = f"[tool.ungil]\nignore = [{{ rule = '{code}', reason = 'why not' }}]"
        assert config(tmp_path, text).ignores[0].rule == code


def test_what_race_is_told(tmp_path):
    read = config(
        tmp_path,
        """
        [tool.ungil.race]
        include = ["requests", "urllib3.util"]
        exclude = ["app.generated"]
        include-stdlib = true
        history = 1000
        together = 4
        """,
    )
    assert read.race == RaceConfig(("requests", "urllib3.util"), ("app.generated",), True, 1000, 4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("includes = []", "did you mean 'include'"),
        ("include = ['a b']", "'a b' is no package"),
        ("history = -1", "a whole number of 0 or more"),
        ("together = 0", "a whole number of 1 or more"),
        ("together = true", "a whole number of 1 or more"),
        ("include-stdlib = 'yes'", "true or false"),
    ],
)
def test_what_race_cannot_be_told(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says):
        config(tmp_path, f"[tool.ungil.race]\n{text}\n")


@pytest.mark.parametrize(
    ("where", "covers"),
    [
        ("app/reg.py", True),
        ("app/*", True),
        ("app/reg.py:31", True),
        ("other.py:9", True),
        ("Registry.*", True),
        ("*:3?", True),
        ("app/reg.py:3", False),
        ("reg.py", False),
        ("Registry", False),
    ],
)
def test_an_ignore_may_name_a_place(where, covers):
    sides = (
        Excerpt("one", Location("app/reg.py", 31), function="Registry.get"),
        Excerpt("two", Location("other.py", 9)),
    )
    finding = Finding(LOST_UPDATE, "Registry.n", "m", location=sides[0].location, sides=sides)
    ignore = Ignore("UG401", "we know", where=where)
    assert ignore.covers(finding) is covers
    (marked, *unused) = apply_ignores([finding], [ignore], date(2026, 1, 1))
    assert (marked.ignored == "we know", bool(unused)) == (covers, not covers)
