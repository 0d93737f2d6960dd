"""`ungil check` over recorded answers of a real index, on loopback."""

import json
import os
import subprocess
import sys

import pytest

from loopback import LoopbackIndex, wheel


@pytest.fixture(scope="module")
def server():
    with LoopbackIndex() as running:
        yield running


@pytest.fixture
def check(server, tmp_path):
    def run(*arguments, url=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        environment |= {"PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
        command = [sys.executable, "-m", "ungil", "check", *arguments, "--format", "json"]
        command += ["--index-url", url or server.url, "--cache-dir", str(tmp_path / "cache")]
        command += ["--platform", "linux", "--evidence", "tag"]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )

    return run


def rows(done):
    assert done.stdout, done.stderr
    return {(r["name"], r["target"]): r for r in json.loads(done.stdout)["distributions"]}


@pytest.mark.parametrize(
    ("requirement", "case"),
    [
        ("psycopg-binary", "nothing-fits"),
        ("ruff", "no-python-abi"),
        ("markupsafe", "free-threaded-wheel"),
        ("six", "pure-python"),
        ("orjson", "source-only"),
    ],
)
def test_known_distributions_stand_as_they_do(check, requirement, case):
    name = requirement.partition("==")[0]
    row = rows(check(requirement, "--target", "3.14t"))[name, "3.14t"]
    assert row["case_name"] == case


def test_the_silently_older_version_of_faiss(check):
    done = check("faiss-cpu", "--target", "3.14t")
    assert rows(done)["faiss-cpu", "3.14t"]["version"] == "1.12.0"
    assert "UG107" in {f["code"] for f in json.loads(done.stdout)["findings"]}


def test_a_day_in_the_past_has_its_own_answer(check):
    before = rows(check("lxml", "--target", "3.14t", "--as-of", "2025-07-01"))
    after = rows(check("lxml", "--target", "3.14t", "--as-of", "2026-01-15"))
    assert before["lxml", "3.14t"]["case_name"] != "free-threaded-wheel"
    assert after["lxml", "3.14t"]["case_name"] == "free-threaded-wheel"
    assert after["lxml", "3.14t"]["first_date"] <= "2026-01-15"


def test_offline_answers_from_the_cache_and_says_what_it_lacks(check, server):
    known = check("six")
    asked = server.total
    assert rows(check("six", "--offline")).keys() == rows(known).keys()
    assert server.total == asked
    done = check("redis", "--offline")
    assert {r["case"] for r in rows(done).values()} == {"UG122"}
    assert done.returncode == 3


def test_credentials_show_up_nowhere(check, tmp_path):
    with LoopbackIndex(password=("user", "s3cret-w0rd")) as private:
        private.add("mine", "mine-1.0-py3-none-any.whl", wheel("mine", "1.0"))
        done = check("mine", url=private.url_with("user", "s3cret-w0rd"))
        assert rows(done)["mine", "3.14t"]["installs"] is True
        refused = check("mine", "--refresh", url=private.url_with("user", "s3cret-wrong"))
    kept = b"".join(p.read_bytes() for p in (tmp_path / "cache").rglob("*") if p.is_file())
    for text in (done.stdout, done.stderr, refused.stdout, refused.stderr, kept.decode("latin-1")):
        assert "s3cret" not in text
    assert refused.returncode == 3


@pytest.mark.parametrize("fault", ["404", "500", "401"])
def test_an_index_that_refuses_leaves_an_unknown_row(check, fault):
    with LoopbackIndex() as broken:
        broken.fail("/simple/six/", fault)
        done = check("six", "click", url=broken.url)
    found = rows(done)
    assert found["six", "3.14t"]["installs"] is None
    assert found["six", "3.14t"]["reason"]
    assert found["click", "3.14t"]["installs"] is True
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def locked(tmp_path, digest):
    (tmp_path / "pylock.toml").write_text(f"""\
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "six"
version = "1.17.0"
[[packages.wheels]]
name = "six-1.17.0-py2.py3-none-any.whl"
url = "https://files.example/six-1.17.0-py2.py3-none-any.whl"
hashes = {{ sha256 = "{digest}" }}
""")


def test_a_lock_whose_hash_the_index_does_not_serve(check, server, tmp_path):
    page = server.page("six")
    real = next(
        f["hashes"]["sha256"] for f in page["files"] if f["filename"].startswith("six-1.17.0-py2")
    )
    locked(tmp_path, real)
    assert check("pylock.toml").returncode == 0
    locked(tmp_path, "0" * 64)
    done = check("pylock.toml")
    assert {f["code"] for f in json.loads(done.stdout)["findings"]} == {"UG114"}
    assert rows(done)["six", "3.14t"]["installs"] is None
    assert done.returncode == 1


def test_a_wheel_uploaded_after_the_lock_is_pointed_out(check, tmp_path):
    with LoopbackIndex(recorded=False) as index:
        index.add("late", "late-1.0.tar.gz")
        index.add("late", "late-1.0-cp314-cp314t-manylinux_2_17_x86_64.whl")
        digest = index.page("late")["files"][0]["hashes"]["sha256"]
        (tmp_path / "pylock.toml").write_text(f"""\
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "late"
version = "1.0"
[packages.sdist]
name = "late-1.0.tar.gz"
url = "https://files.example/late-1.0.tar.gz"
hashes = {{ sha256 = "{digest}" }}
""")
        done = check("pylock.toml", "--target", "3.14t", url=index.url)
    assert rows(done)["late", "3.14t"]["case_name"] == "source-only"
    assert "UG113" in {f["code"] for f in json.loads(done.stdout)["findings"]}
