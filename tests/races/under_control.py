"""Programs written for tests: in this process, under control, or in a project of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from ungil.races import Session, Settings
from ungil.races.schedule import Control, NotPossibleError


@contextmanager
def controlled(folder: Path, **sources: str) -> Iterator[tuple[Control, list[ModuleType]]]:
    """What controls this process, and modules, by their names, that are under control."""
    try:
        control = Control()
    except NotPossibleError as error:
        pytest.skip(str(error))
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    session = Session(Settings(str(folder)), lambda _: None, control)
    session.start()
    sys.path.insert(0, str(folder))
    try:
        yield control, [import_module(name) for name in sources]
    finally:
        session.stop()
        sys.path.remove(str(folder))
        for name in sources:
            sys.modules.pop(name, None)


class Project:
    """A folder that is worked in, with a cache of its own."""

    def __init__(self, folder: Path, **sources: str) -> None:
        self.folder = folder
        for name, source in sources.items():
            self.write(f"{name}.py", source)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text).lstrip())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python's."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            # With CI pytest says all of a failure once more, in its summary.
            env={
                **os.environ,
                "CI": "",
                "BUILD_NUMBER": "",
                "XDG_CACHE_HOME": str(self.folder / "cache"),
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def pytest(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("pytest", "-p", "no:cacheprovider", *options)
