"""Histories of generated projects, against the slow way to say the same."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from ungil.ecosystem import summary
from ungil.ecosystem.calendar import day_of, days, end_of
from ungil.ecosystem.countings import ours, published
from ungil.ecosystem.history import first_fitting, history
from ungil.ecosystem.latest import latest
from ungil.ecosystem.model import Group, Package, Totals, View, state_on
from ungil.index import PackageIndexError
from ungil.index.pages import Listed, digest
from ungil.target import Target, parse_platform, parse_python

LINUX = Target(parse_python("3.14t"), parse_platform("linux"))
NEXT = Target(parse_python("3.15t"), parse_platform("linux"))
FIRST, LAST = date(2025, 9, 1), date(2025, 10, 20)
DAYS = days(FIRST, LAST)
MOMENTS = [end_of(day) for day in DAYS]
COUNTINGS = {"published": published, "3.14t": ours(LINUX), "3.15t": ours(NEXT)}

TAGS = [
    "py3-none-any",
    "py3-none-manylinux_2_17_x86_64",
    "cp313-cp313-manylinux_2_17_x86_64",
    "cp314-cp314t-manylinux_2_17_x86_64",
    "cp314-cp314t-win_amd64",
    "cp312-abi3-manylinux_2_17_x86_64",
    "cp315-abi3.abi3t-manylinux_2_17_x86_64",
]


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def listed(version, tag, uploaded, yanked=False, requires_python=None):
    name = f"spam-{version}-{tag}.whl" if tag else f"spam-{version}.tar.gz"
    when = None if uploaded is None else at(uploaded)
    return Listed(
        name,
        f"https://files.example/{name}",
        yanked=yanked,
        upload_time=when,
        requires_python=requires_python,
    )


moments = st.integers(end_of(date(2025, 8, 20)), end_of(date(2025, 10, 25)))
files = st.lists(
    st.builds(
        listed,
        st.sampled_from(["1.0", "1.1", "2.0a1", "2.0", "1!0.1", "2.0.post1"]),
        st.sampled_from([*TAGS, ""]),
        moments,
        st.booleans(),
        st.sampled_from([None, ">=3.9", "<3.14"]),
    ),
    max_size=14,
)


def slowly(project, moment):
    """The latest release at a moment, from a copy of the whole project as it was."""
    then = project.as_of(moment)
    wholly = project.by_version

    def preference(release):
        kept = any(f.yanked is None for f in wholly[release.version].files)
        return kept, not Version(release.version).is_prerelease, Version(release.version)

    return max(then.releases, key=preference, default=None)


@given(files)
def test_every_moment_is_that_of_the_slow_way(listing):
    project = digest("spam", listing)
    past = history(project, MOMENTS, COUNTINGS)
    for day, moment in zip(DAYS, MOMENTS, strict=True):
        release = slowly(project, moment)
        for id_, counting in COUNTINGS.items():
            point = state_on(past.timelines[id_], day.isoformat())
            if release is None:
                assert point.group is Group.ABSENT
            else:
                assert (point.group, point.case) == counting(release.files)
    release = slowly(project, MOMENTS[-1])
    assert past.last.version == (release and release.version)
    for points in past.timelines.values():
        assert points[0].day == FIRST.isoformat()
        states = [(point.group, point.case) for point in points]
        assert all(a != b for a, b in pairwise(states))


@given(files)
def test_each_step_has_the_files_of_its_moment(listing):
    project = digest("spam", listing)
    for step in latest(project, MOMENTS):
        wanted = slowly(project, step.moment)
        assert {f.name for f in step.files} == {f.name for f in (wanted.files if wanted else ())}


@given(files)
def test_the_first_fitting_release(listing):
    project = digest("spam", listing)
    for target, tag in ((LINUX, TAGS[3]), (NEXT, TAGS[6])):
        fitting = [
            (file.uploaded, release.version)
            for release in project.releases
            if not Version(release.version).is_prerelease
            for file in release.files
            if file.tag == tag and file.uploaded <= MOMENTS[-1]
        ]
        found = first_fitting(project, target, MOMENTS[-1])
        if not fitting:
            assert found is None
        else:
            when, version = min(fitting)
            assert (found.day, found.version) == (day_of(when).isoformat(), version)


@given(st.lists(files, max_size=5))
def test_the_series_is_the_totals_of_every_day(listings):
    packages = [
        Package(name=f"spam{n}", timelines=history(digest("spam", x), MOMENTS, COUNTINGS).timelines)
        for n, x in enumerate(listings)
    ]
    for view in COUNTINGS:
        now = Totals()
        steps = {step.day: step.totals for step in summary.series(packages, view)}
        for day in DAYS:
            now = steps.get(day.isoformat(), now)
            assert now == summary.totals(packages, view, day.isoformat())
    changes = summary.changes(packages, [View(id_) for id_ in COUNTINGS])
    assert [c.day for c in changes] == sorted((c.day for c in changes), reverse=True)
    for change in changes:
        assert change.before is not change.after
        assert (change.kind == "gain") == (change.after is Group.READY)
        lost = change.before is Group.READY and change.after is not Group.PURE
        assert (change.kind == "regression") == lost


def test_files_without_a_date_are_left_out_unless_there_are_no_others():
    dated = listed("1.0", TAGS[0], MOMENTS[0])
    undated = listed("2.0", TAGS[3], None)
    past = history(digest("spam", [dated, undated]), MOMENTS, COUNTINGS)
    assert past.last.version == "1.0"
    with pytest.raises(PackageIndexError, match="history cannot be told"):
        history(digest("spam", [undated]), MOMENTS, COUNTINGS)


COUNTED = [
    # files' tags ("" is a source distribution), published, ours for 3.14t, for 3.15t, on Linux
    ([TAGS[0]], Group.PURE, Group.PURE, Group.PURE),
    ([""], Group.UNKNOWN, Group.UNKNOWN, Group.UNKNOWN),
    ([TAGS[0], ""], Group.PURE, Group.PURE, Group.PURE),
    ([TAGS[1]], Group.PURE, Group.READY, Group.READY),
    ([TAGS[2]], Group.BLOCKED, Group.BLOCKED, Group.BLOCKED),
    ([TAGS[2], ""], Group.BLOCKED, Group.BLOCKED, Group.BLOCKED),
    ([TAGS[2], TAGS[0]], Group.FALLBACK, Group.FALLBACK, Group.FALLBACK),
    ([TAGS[3]], Group.READY, Group.READY, Group.BLOCKED),
    ([TAGS[3], TAGS[0]], Group.READY, Group.READY, Group.FALLBACK),
    ([TAGS[4]], Group.READY, Group.BLOCKED, Group.BLOCKED),
    ([TAGS[4], TAGS[0]], Group.READY, Group.PURE, Group.PURE),
    ([TAGS[5]], Group.BLOCKED, Group.BLOCKED, Group.BLOCKED),
    # The published rule does not know abi3t (PEP 803); ours does.
    ([TAGS[6]], Group.BLOCKED, Group.BLOCKED, Group.READY),
    (["cp313-cp313t-manylinux_2_17_x86_64"], Group.READY, Group.BLOCKED, Group.BLOCKED),
]


@pytest.mark.parametrize(("tags", "by_them", "now", "soon"), COUNTED)
def test_the_two_countings(tags, by_them, now, soon):
    release = digest("spam", [listed("1.0", tag, MOMENTS[0]) for tag in tags]).releases[0]
    groups = [COUNTINGS[id_](release.files)[0] for id_ in ("published", "3.14t", "3.15t")]
    assert groups == [by_them, now, soon]


def test_a_program_is_not_called_pure_python():
    release = digest("spam", [listed("1.0", TAGS[1], MOMENTS[0])]).releases[0]
    assert published(release.files) == (Group.PURE, "no-python-abi")


def test_a_python_that_is_not_admitted_blocks_pure_packages_too():
    file = listed("1.0", TAGS[0], MOMENTS[0], requires_python="<3.15")
    release = digest("spam", [file]).releases[0]
    assert COUNTINGS["3.14t"](release.files)[0] is Group.PURE
    assert COUNTINGS["3.15t"](release.files) == (Group.BLOCKED, "python-excluded")
    assert COUNTINGS["published"](release.files)[0] is Group.PURE
