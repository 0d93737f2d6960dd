"""One run of `uv pip compile` over a view of the index."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name, canonicalize_version

from ungil.target import Target

__all__ = ["ResolutionError", "compile_requirements"]

_SECONDS = 300
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;#]+)")

# What would let the environment steer uv away from the view it is given.
_STEERING = ("UV_", "PIP_", "VIRTUAL_ENV", "CONDA_", "PYTHON")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class ResolutionError(Exception):
    """uv found no solution or could not run; the message is one line."""


def compile_requirements(
    requirements: Iterable[str],
    constraints: Iterable[str],
    excludes: Iterable[str],
    *,
    target: Target,
    index_url: str,
    prereleases: bool,
) -> dict[str, str]:
    """Resolve requirements against an index; returns versions by name.

    Args:
        requirements: PEP 508.
        constraints: PEP 508; they limit, but ask for nothing.
        excludes: Names to leave out wherever they are asked for.
        target: For its version and platform; its ABI is the view's affair.
        index_url: A simple API.
        prereleases: Allow them everywhere.

    Raises:
        ResolutionError: No solution, or uv is missing, hangs or fails.
    """
    with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
        command = [
            *(_uv(), "pip", "compile", "--quiet", "--no-config", "--color", "never"),
            *("--no-header", "--no-annotate", "--no-strip-extras", "--no-cache"),
            *("--no-build", "--no-sources", "--no-python-downloads"),
            *("--python", sys.executable, "--python-version", target.python.number),
            *("--default-index", index_url, "--prerelease"),
            "allow" if prereleases else "if-necessary-or-explicit",
        ]
        if target.platform.uv:
            command += ["--python-platform", target.platform.uv]
        for option, lines in (("--constraints", constraints), ("--excludes", excludes)):
            if text := "".join(f"{line}\n" for line in lines):
                path = Path(folder, option.strip("-"))
                path.write_text(text, "utf-8")
                command += [option, str(path)]
        wanted = Path(folder, "requirements.in")
        wanted.write_text("".join(f"{line}\n" for line in requirements), "utf-8")
        # Not inside the user's project: uv would read its files as well.
        return _pins(_run([*command, str(wanted)], folder, index_url))


def _uv() -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - its absence is an answer
    except ImportError:
        raise ResolutionError("uv is not installed; install it with: pip install uv") from None
    try:
        return os.fspath(find_uv_bin())
    except FileNotFoundError:
        raise ResolutionError("uv's program is missing; reinstall it: pip install uv") from None


def _run(command: list[str], folder: str, index_url: str) -> str:
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(_STEERING) and key.lower() not in _PROXIES
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own dependency, arguments as a list
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ResolutionError(f"uv found no answer within {_SECONDS} s") from None
    except OSError as error:
        raise ResolutionError(f"uv cannot be run: {error}") from None
    if done.returncode:
        raise ResolutionError(_one_line(done.stderr.decode("utf-8", "replace"), index_url))
    return done.stdout.decode("utf-8", "replace")


def _pins(output: str) -> dict[str, str]:
    matches = (_PINNED.match(line) for line in output.splitlines())
    return {
        canonicalize_name(m[1]): canonicalize_version(m[2], strip_trailing_zero=False)
        for m in matches
        if m
    }


def _one_line(text: str, index_url: str) -> str:
    """What uv explains, without its layout and without the view's address."""
    text = text.replace(index_url.rstrip("/"), "the index")
    lines = (line.strip(" \t│╰─▶├×·:") for line in text.splitlines())
    kept = [re.sub(r"^(error|cause|hint): ", "", line) for line in lines if line]
    kept = [line for line in kept if not line.startswith(("warning:", "hint:"))]
    return ": ".join(kept[:2]) or "uv failed without saying why"
