"""Wheels at hand that somebody damaged: an answer or a finding, never a crash."""

import platform

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extensions.building import compile_library
from loopback import wheel
from ungil.findings import Severity
from ungil.index import IndexSettings, PackageIndex
from ungil.project import read
from ungil.readiness import Options, check
from ungil.target import Target, parse_platform, parse_python

MACHINE = platform.machine()
TARGET = Target(parse_python("3.14t"), parse_platform(f"{MACHINE}-unknown-linux-gnu"))
NAME = f"demo-1.0-cp314-cp314t-manylinux_2_17_{MACHINE}.whl"
SOURCE = """
extern void *PyModuleDef_Init(void *);
static struct { int id; void *value; } slots[] = {{4, (void *)0}, {0, 0}};
static struct { long head[7]; const char *name; long more[3]; void *slots, *rest[3]; }
    definition = {.name = "_a", .slots = slots};
void *PyInit__a(void) { return PyModuleDef_Init(&definition); }
"""


@pytest.fixture(scope="module")
def intact():
    library = compile_library(SOURCE, compiler="gcc")
    return wheel("demo", "1.0", members={"demo/_a.so": library, "demo/_b.so": library[:300]})


def report_on(content, folder):
    (folder / NAME).write_bytes(content)
    settings = IndexSettings((), cache_dir=folder / "cache")
    with PackageIndex(settings) as index:
        return check("x", [read(NAME, cwd=folder)], [TARGET], index, Options())


def test_the_intact_one_switches_the_gil_on(intact, tmp_path):
    report = report_on(intact, tmp_path)
    assert [v.keeps_gil_off for v in report.verdicts] == [False]
    assert {f.rule.code for f in report.findings} == {"UG118", "UG127"}


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_damage_ends_in_a_report(intact, tmp_path, data):
    content = bytearray(intact[: data.draw(st.integers(0, len(intact)) | st.just(len(intact)))])
    for _ in range(data.draw(st.integers(0, 8))):
        if content:
            # The directory, at the end, is where most can go wrong.
            near_end = st.integers(max(0, len(content) - 400), len(content) - 1)
            place = data.draw(st.integers(0, len(content) - 1) | near_end)
            content[place] = data.draw(st.integers(0, 255))
    report = report_on(bytes(content), tmp_path)
    (verdict,) = report.verdicts
    if verdict.keeps_gil_off is None:
        assert verdict.reason
        assert {f.rule.severity for f in report.findings} & {Severity.UNKNOWN, Severity.ERROR}
