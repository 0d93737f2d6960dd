"""What docs/ci.md and the hooks for pre-commit tell people to run, can be run."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
BLOCKS = [
    yaml.safe_load(block)
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL)
]


def commands():
    """Every command of ungil's, as words."""
    steps = [step for b in BLOCKS if isinstance(b, list) for step in b]
    steps += [s for b in BLOCKS if "jobs" in b for job in b["jobs"].values() for s in job["steps"]]
    lines = [step["run"] for step in steps if step.get("run", "").startswith("ungil ")]
    used = [h for b in BLOCKS if "repos" in b for repo in b["repos"] for h in repo["hooks"]]
    lines += [shlex.join([*HOOKS[h["id"]]["entry"].split(), *h.get("args", ())]) for h in used]
    assert len(lines) == 6
    return [shlex.split(line.partition(" >> ")[0]) for line in lines]


@cache
def options_of(*verb):
    done = subprocess.run(
        [sys.executable, "-m", "ungil", *verb, "--help"], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"--[a-z-]+", done.stdout))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_options_exist(command):
    words = command[1:]
    at = next((n for n, word in enumerate(words) if word == "-m"), len(words))
    ours = words[:at]  # what follows is the program's
    verb = [word for word in ours if not word.startswith("-")][: 2 if ours[0] == "python" else 1]
    named = {word.partition("=")[0] for word in ours if word.startswith("--")}
    assert named <= options_of(*verb)


def test_the_plugin_has_its_option(tmp_path):
    runs = [
        step.get("run", "")
        for b in BLOCKS
        if "jobs" in b
        for j in b["jobs"].values()
        for step in j["steps"]
    ]
    assert "pytest --ungil-gil=fail" in runs
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "--ungil-gil={fail,warn,report}" in done.stdout


@pytest.mark.parametrize(
    ("path", "decides"),
    [
        ("pyproject.toml", True),
        ("services/api/uv.lock", True),
        ("pylock.dev.toml", True),
        ("requirements/dev.txt", True),
        ("requirements-dev.txt", True),
        ("app.py", False),
        ("my-uv.lock", False),
    ],
)
def test_the_check_runs_where_dependencies_change(path, decides):
    assert bool(re.search(HOOKS["ungil-check"]["files"], path)) is decides
