"""A shelf of small real wheels and source distributions, and the command over it."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest


def metadata(name, version, requires=(), requires_python=None, classifiers=(), extra=""):
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {r}" for r in requires]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Classifier: {c}" for c in classifiers]
    return "\n".join([*lines, extra, ""])


class Shelf:
    """Distributions in a directory, as `--find-links` takes them."""

    def __init__(self, folder):
        self.folder = folder

    def wheel(self, name, version, tag="py3-none-any", **fields):
        stem = f"{name.replace('-', '_')}-{version}"
        with zipfile.ZipFile(self.folder / f"{stem}-{tag}.whl", "w") as wheel:
            wheel.writestr(f"{stem}.dist-info/METADATA", metadata(name, version, **fields))
            wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
            wheel.writestr(f"{stem}.dist-info/RECORD", "")

    def sdist(self, name, version, **fields):
        stem = f"{name.replace('-', '_')}-{version}"
        text = metadata(name, version, **fields).encode()
        with tarfile.open(self.folder / f"{stem}.tar.gz", "w:gz") as archive:
            member = tarfile.TarInfo(f"{stem}/PKG-INFO")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
            # Whoever builds it leaves a trace.
            code = b"open('/tmp/ungil-was-here', 'w')"
            setup = tarfile.TarInfo(f"{stem}/setup.py")
            setup.size = len(code)
            archive.addfile(setup, io.BytesIO(code))


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder)


@pytest.fixture
def ungil(tmp_path, shelf):
    """Run `ungil check` over the shelf, from an empty directory of its own."""
    project = tmp_path / "project"
    project.mkdir()

    def run(*arguments, targets=("3.14t",), platforms=("linux",), evidence="tag"):
        command = [sys.executable, "-m", "ungil", "check", *arguments, "--evidence", evidence]
        command += ["--no-index", "--find-links", str(shelf.folder)]
        command += [f"--target={t}" for t in targets] + [f"--platform={p}" for p in platforms]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        environment |= {
            "UNGIL_CACHE_DIR": str(tmp_path / "cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "COLUMNS": "100",
        }
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=project,
            env=environment,
            timeout=120,
            check=False,
        )

    run.project = project
    return run


@pytest.fixture
def rows(ungil):
    """The rows of the JSON report, by name (one target and platform)."""

    def run(*arguments, **options):
        done = ungil(*arguments, "--format", "json", **options)
        assert done.stdout, done.stderr
        return {row["name"]: row for row in json.loads(done.stdout)["distributions"]}

    return run
