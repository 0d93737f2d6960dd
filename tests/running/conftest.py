"""`ungil run` as a process, from a folder of its own."""

import json
import os
import subprocess
import sys

import pytest


class Runs:
    """Runs programs in a folder, plainly and by `ungil run`."""

    def __init__(self, folder):
        self.folder = folder
        self.python = sys.executable

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def environment(self, **variables):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "UV_"))}
        kept |= {
            # One for the session: what programs import is compiled once.
            "PYTHONPYCACHEPREFIX": str(self.folder.parent / "bytecode"),
            "PIP_CONFIG_FILE": os.devnull,
            "UNGIL_CACHE_DIR": str(self.folder / "cache"),
            "COLUMNS": "120",
        }
        return kept | variables

    def start(self, command, **how):
        variables = how.pop("variables", {})
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            **how,
        )

    def plain(self, *arguments, **how):
        return self.start([self.python, *arguments], **how)

    def ungil(self, *arguments, **how):
        """The process; `.report` is its report, `.said` what the program printed as errors."""
        output = self.folder / "report.json"
        output.unlink(missing_ok=True)
        ours = ["--python", str(self.python), "--format", "json", "--output", output.name]
        done = self.start([sys.executable, "-m", "ungil", "run", *ours, *arguments], **how)
        done.report = json.loads(output.read_text()) if output.exists() else None
        return done


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)
