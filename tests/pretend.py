"""Programs that pretend, and an environment in which nothing else is found."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def answer(path: Path, release: str = "3.14.7", **changes: Any) -> dict[str, Any]:
    """What a free-threaded interpreter says of itself."""
    major, minor = release.split(".")[:2]
    return {
        "executable": os.fsencode(path).decode("latin-1"),
        "implementation": "CPython",
        "implementation_version": release,
        "major": int(major),
        "minor": int(minor),
        "release": release,
        "free_threaded": True,
        "gil_enabled": False,
        "gil_flag": None,
        "gil_option": None,
        "platform": "linux-x86_64",
        "extension_suffixes": [f".cpython-{major}{minor}t-x86_64-linux-gnu.so"],
        "debug": False,
        "jit": [False, False],
        "configured": "",
        "compiled": "",
    } | changes


def interpreter(path: Path, release: str = "3.14.7", **changes: Any) -> Path:
    """A program that answers as an interpreter does, and works as this one does."""
    text = shlex.quote(json.dumps(answer(path, release, **changes)))
    # `-S -s -B -c TEXT` asks; the work has arguments behind that.
    return program(path, f"if [ $# -gt 5 ]; then exec '{sys.executable}' \"$@\"; fi\necho {text}")


def surroundings(folder: Path, *path: Path) -> dict[str, str]:
    """An environment with these folders on PATH and nothing installed.

    The interpreter that runs the tests is found all the same.
    """
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYENV", "ASDF", "RYE"))
    }
    return kept | {
        "PATH": os.pathsep.join(map(str, path)),
        "HOME": str(folder / "home"),
        "USERPROFILE": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "data"),
        "UNGIL_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON_INSTALL_DIR": str(folder / "uv"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "UV_OFFLINE": "1",
    }
