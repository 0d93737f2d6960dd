"""One project, locked by every tool: the same table, whatever the format."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loopback import LoopbackIndex, recorded_names

LOCKS = Path(__file__).parent.parent / "project" / "locks"
SUBJECTS = [
    "pdm",
    "pipenv",
    "poetry-1.1",
    "poetry-1.8",
    "poetry-2",
    "pylock-pdm",
    "pylock-uv",
    "requirements/requirements.txt",
    "uv",
]
# Asked for by the project itself or through what it asks for, hence in every lock.
NAMES = {"certifi", "cffi", "click", "idna", "jinja2", "markupsafe", "numpy", "pyyaml"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    found = {}
    with LoopbackIndex() as server:
        for subject in SUBJECTS:
            command = [sys.executable, "-m", "ungil", "check", subject, "--format", "json"]
            command += ["--evidence", "tag"]
            command += ["--index-url", server.url, "--cache-dir", str(cache)]
            command += ["--platform", "linux", "--platform", "windows"]
            environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                encoding="utf-8",
                cwd=LOCKS,
                env=environment | {"PIP_CONFIG_FILE": os.devnull},
                timeout=120,
                check=False,
            )
            assert done.stdout, f"{subject}: {done.stderr}"
            found[subject] = {
                (r["name"], r["version"], r["target"], r["platform"]): (r["case"], r["file"])
                for r in json.loads(done.stdout)["distributions"]
                if r["name"] in NAMES
            }
    return found


def test_the_names_are_recorded_and_locked(tables):
    assert set(recorded_names()) >= NAMES
    assert {name for name, *_ in tables["uv"]} == NAMES
    assert len(tables["uv"]) == len(NAMES) * 4  # two targets on two platforms


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s != "uv"])
def test_the_table_is_that_of_uv_lock(tables, subject):
    assert tables[subject] == tables["uv"]
