"""`ungil check` from outside, over real wheels: resolution, cases, answers, statuses."""

import json
from pathlib import Path

import pytest

LINUX = "manylinux_2_17_x86_64"
FT = f"cp314-cp314t-{LINUX}"
GIL = f"cp314-cp314-{LINUX}"


def test_the_three_answers_are_kept_apart(shelf, rows):
    claim = "Programming Language :: Python :: Free Threading :: 2 - Beta"
    shelf.wheel("compiled", "1.0", FT, requires=["pure"], classifiers=[claim])
    shelf.wheel("pure", "2.0")
    found = rows("compiled")
    compiled, pure = found["compiled"], found["pure"]
    assert (compiled["installs"], compiled["keeps_gil_off"]) == (True, None)
    assert (compiled["claims_support"], compiled["claim"]) == (True, "2 - Beta")
    assert (pure["installs"], pure["keeps_gil_off"], pure["claims_support"]) == (True, True, None)
    assert (compiled["direct"], pure["direct"]) == (True, False)
    assert compiled["evidence"] == "tag"


def test_an_older_version_is_chosen_silently_and_said_so(shelf, ungil):
    shelf.wheel("faiss", "1.12", FT)
    shelf.wheel("faiss", "1.15", GIL)
    done = ungil("faiss", "--format", "json")
    report = json.loads(done.stdout)
    assert [r["version"] for r in report["distributions"]] == ["1.12"]
    assert [f["code"] for f in report["findings"]] == ["UG107"]
    assert "1.15" in report["findings"][0]["message"]
    assert done.returncode == 0


def test_a_blocker_does_not_hide_the_other_rows(shelf, ungil):
    shelf.wheel("app", "1.0", requires=["blocked>=2", "older"])
    shelf.wheel("blocked", "1.0")
    shelf.wheel("blocked", "2.0", GIL)
    shelf.wheel("older", "1.0", FT)
    shelf.wheel("older", "2.0", GIL)
    done = ungil("app", "--format", "json")
    report = json.loads(done.stdout)
    found = {r["name"]: (r["version"], r["case_name"]) for r in report["distributions"]}
    assert found == {
        "app": ("1.0", "pure-python"),
        "blocked": ("2.0", "nothing-fits"),
        "older": ("1.0", "free-threaded-wheel"),
    }
    assert done.returncode == 1


def test_an_exact_pin_that_fits_nothing_gets_its_row(shelf, rows):
    shelf.wheel("pinned", "1.0", GIL)
    shelf.wheel("pinned", "2.0", FT)
    row = rows("pinned==1.0")["pinned"]
    assert (row["version"], row["installs"], row["case"]) == ("1.0", False, "UG101")
    assert (row["newest"], row["first"]) == ("2.0", "2.0")


def test_a_source_distribution_is_never_built(shelf, rows):
    trace = Path("/tmp/ungil-was-here")
    trace.unlink(missing_ok=True)
    shelf.sdist("built", "1.0", requires=["pure"])
    shelf.wheel("pure", "1.0")
    found = rows("built")
    assert found["built"]["case_name"] == "source-only"
    assert found["built"]["installs"] is None
    assert found["pure"]["installs"] is True
    assert not trace.exists()


def test_only_binary_does_not_count_on_sources(shelf, rows):
    shelf.sdist("mixed", "2.0")
    shelf.wheel("mixed", "1.0", FT)
    assert rows("mixed")["mixed"]["version"] == "2.0"
    assert rows("mixed", "--only-binary")["mixed"]["version"] == "1.0"


def test_every_target_and_platform_has_its_own_answer(shelf, ungil):
    shelf.wheel("both", "1.0", FT)
    shelf.wheel("both", "1.0", "cp315-abi3.abi3t-macosx_11_0_arm64")
    done = ungil(
        "both", "--format", "json", targets=("3.14t", "3.15t"), platforms=("linux", "macos")
    )
    report = json.loads(done.stdout)
    found = {(r["target"], r["platform"].split("-")[0]): r for r in report["distributions"]}
    installs = {key: row["installs"] for key, row in found.items()}
    assert installs == {
        ("3.14t", "x86_64"): True,
        ("3.15t", "x86_64"): False,
        ("3.14t", "aarch64"): False,
        ("3.15t", "aarch64"): True,
    }


def test_markers_are_the_targets_not_this_machines(shelf, rows):
    shelf.wheel("app", "1.0", requires=['windows-only; sys_platform == "win32"'])
    shelf.wheel("windows-only", "1.0")
    assert "windows-only" not in rows("app")
    assert "windows-only" in rows("app", platforms=("windows",))


def test_what_no_index_knows_is_unknown_and_status_3(shelf, ungil):
    shelf.wheel("app", "1.0", requires=["ghost"])
    done = ungil("app", "--format", "json")
    report = json.loads(done.stdout)
    ghost = next(r for r in report["distributions"] if r["name"] == "ghost")
    assert (ghost["case"], ghost["installs"]) == ("UG120", None)
    assert done.returncode == 3


def test_contradicting_requirements_are_one_finding(shelf, ungil):
    shelf.wheel("a", "1.0")
    shelf.wheel("a", "2.0")
    done = ungil("a==1.0", "a==2.0", "--format", "json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] == "UG124"
    assert "127.0.0.1" not in finding["message"]
    assert done.returncode == 3


def test_a_direct_reference_in_foreign_metadata_is_not_followed(shelf, rows):
    shelf.wheel("app", "1.0", requires=["evil @ http://127.0.0.1:9/evil-1.0.tar.gz"])
    row = rows("app")["evil"]
    assert row["case_name"] == "not-indexed"


@pytest.mark.parametrize(
    ("tag", "code", "status"),
    [("cp315t-abi3t-" + LINUX, "UG109", 1), (FT, None, 0), (GIL, "UG101", 1)],
)
def test_wheels_before_upload(shelf, ungil, tag, code, status):
    shelf.wheel("mine", "1.0", tag)
    done = ungil(str(shelf.folder), "--format", "json", targets=("3.14t",))
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == ([code] if code else [])
    assert done.returncode == status


def requirements(ungil, text):
    path = ungil.project / "requirements.txt"
    path.write_text(text)
    return path


def test_fix_asks_for_the_lowest_version_that_does_and_keeps_the_rest(shelf, ungil):
    shelf.wheel("pinned", "1.0", GIL)
    for version in ("2.0", "3.0"):
        shelf.wheel("pinned", version, FT)
    shelf.wheel("ranged", "1.0", GIL)
    shelf.wheel("ranged", "2.5", FT)
    text = "# ours\npinned==1.0  # since forever\nranged>=1,<2 ; python_version > '3.8'\n"
    path = requirements(ungil, text)
    shown = ungil("requirements.txt", "--fix")
    assert path.read_text() == text
    assert "+pinned==2.0  # since forever" in shown.stdout
    ungil("requirements.txt", "--fix", "--write")
    assert path.read_text() == (
        "# ours\npinned==2.0  # since forever\nranged>=2.5 ; python_version > '3.8'\n"
    )
    assert ungil("requirements.txt").returncode == 0


def test_fix_says_when_nothing_helps(shelf, ungil):
    shelf.wheel("stuck", "1.0", GIL)
    requirements(ungil, "stuck==1.0\n")
    done = ungil("requirements.txt", "--fix", "--write")
    assert "No change" in done.stdout
    assert (ungil.project / "requirements.txt").read_text() == "stuck==1.0\n"


def test_an_ignore_with_a_reason_lets_the_run_pass(shelf, ungil):
    shelf.wheel("stuck", "1.0", GIL)
    (ungil.project / "pyproject.toml").write_text(
        "[project]\nname='p'\nversion='1'\ndependencies=['stuck']\n"
        "[tool.ungil]\nignore=[{rule='UG101', distribution='stuck', reason='not used there'}]\n"
    )
    done = ungil()
    assert done.returncode == 0
    assert "1 finding ignored" in done.stdout


def test_fail_on_decides_the_status(shelf, ungil):
    shelf.wheel("slow", "1.0")
    shelf.wheel("slow", "1.0", f"cp313-cp313-{LINUX}")
    assert ungil("slow").returncode == 0
    assert ungil("slow", "--fail-on", "warning").returncode == 1


def test_output_goes_to_the_file_and_nowhere_else(shelf, ungil):
    shelf.wheel("pure", "1.0")
    done = ungil("pure", "--format", "markdown", "--output", "report.md")
    assert done.stdout == ""
    assert "pure" in (ungil.project / "report.md").read_text()
    lost = ungil("pure", "--format", "json", "--output", "no/such/folder.json")
    assert lost.returncode == 2
    assert len(lost.stderr.splitlines()) == 1


def test_escape_sequences_in_metadata_never_reach_the_terminal(shelf, ungil):
    shelf.wheel(
        "evil",
        "1.0",
        FT,
        classifiers=["Programming Language :: Python :: Free Threading :: \x1b[2J"],
    )
    shelf.wheel("evil", "2.0", requires_python=">=3.99\x1b[2J")
    done = ungil("evil", "-v")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_past_day_of_an_index_without_dates_is_unknown(shelf, ungil):
    shelf.wheel("undated", "1.0")
    done = ungil("undated", "--as-of", "2026-01-01", "--format", "json")
    (row,) = json.loads(done.stdout)["distributions"]
    assert (row["installs"], row["case"]) == (None, "UG122")
    assert done.returncode == 3


def test_fix_reaches_requirements_of_an_extra(shelf, ungil):
    shelf.wheel("pinned", "1.0", GIL)
    shelf.wheel("pinned", "2.0", FT)
    path = ungil.project / "pyproject.toml"
    text = "[project]\nname='p'\nversion='1'\n[project.optional-dependencies]\nx=['pinned==1.0']\n"
    path.write_text(text)
    ungil("--extra", "x", "--fix", "--write")
    assert path.read_text() == text.replace("1.0']", "2.0']")
