"""`ungil ecosystem` in a process of its own, over an index of the test's."""

import json
import os
import subprocess
import sys

AS_OF = "2026-11-24"  # the day of the recordings

ELEVEN = """
    numpy scipy pandas scikit-learn matplotlib cython pybind11 maturin pillow pyyaml sqlalchemy
""".split()  # noqa: SIM905 - a list of eleven strings would take eleven lines


class Verb:
    """`ungil ecosystem`, in a process of its own and in an empty directory."""

    def __init__(self, folder, cache, server):
        self.folder = folder
        self.command = [sys.executable, "-m", "ungil", "ecosystem"]
        self.index = ["--index-url", server.url, "--cache-dir", str(cache)]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "UNGIL_"))}
        self.environment = {**kept, "PIP_CONFIG_FILE": os.devnull, "COLUMNS": "100"}

    def __call__(self, *arguments, as_of=AS_OF, **options):
        day = [] if as_of is None else ["--as-of", as_of]
        return subprocess.run(
            [*self.command, *arguments, *day, *self.index],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environment,
            timeout=120,
            check=False,
            **options,
        )

    def names(self, *names):
        """A file of names; returns how to name it."""
        (self.folder / "names").write_text("".join(f"{name}\n" for name in names))
        return "names"

    def json(self, *arguments, **options):
        done = self(*arguments, "--format", "json", **options)
        assert done.returncode in {0, 3}, done.stderr
        return json.loads(done.stdout)


def verb_over(tmp_path, server):
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    return Verb(folder, tmp_path / "cache", server)
