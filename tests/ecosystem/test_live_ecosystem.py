"""The real index still tells what was true on a day long past."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.live
def test_a_day_of_the_past(tmp_path):
    (tmp_path / "names").write_text("numpy\ncython\npydantic-core\ngreenlet\n")
    command = [sys.executable, "-m", "ungil", "ecosystem", "names", "--as-of", "2025-07-01"]
    done = subprocess.run(
        [*command, "--format", "json", "--cache-dir", "cache"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    groups = {p["name"]: p["timelines"]["published"][-1][1] for p in report["packages"]}
    assert groups == {
        "numpy": "ready",
        "cython": "fallback",
        "pydantic-core": "ready",
        "greenlet": "blocked",
    }
    assert all(package["requires"] is not None for package in report["packages"])
