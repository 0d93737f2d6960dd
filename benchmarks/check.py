"""`ungil check` against pip and uv, on the same locked requirements, in one run.

    python benchmarks/check.py [--sizes 15,100,300] [--rounds 3]

An index on loopback serves recorded pages, under as many names as it takes to
make 15, 100 and 300 distributions. On the same requirements file run

    ungil check --evidence tag requirements.txt
    pip install --dry-run --ignore-installed --report - -r requirements.txt
    uv pip compile requirements.txt

first with an empty cache (cold), then again with what that left (warm). Each
line is the median of the rounds, in which the three take turns. CPU is user
and system time of the command and its children, memory the largest process.
The ratio is theirs to ours: above 1 we are faster. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from measuring import Cost, measure, renamed
from uv import find_uv_bin

from loopback import LoopbackIndex, recorded_names, recording
from ungil.index.names import split_wheel
from ungil.target import Target, parse_platform, parse_python

TARGET = Target(parse_python("3.14"), parse_platform("linux"))


def stock(server: LoopbackIndex, size: int) -> list[str]:
    """Put `size` distributions on the index; returns their pins."""
    pins: list[str] = []
    usable = [(name, record) for name in recorded_names() if (record := _usable(name))]
    for turn in itertools.count():
        for name, (version, text, page) in usable:
            if len(pins) == size:
                return pins
            alias = f"{name}-{turn}"
            for file in page["files"]:
                filename = renamed(file["filename"], name, alias)
                if filename is None:
                    continue
                fields = {k: v for k, v in file.items() if k not in {"filename", "url"}}
                named = f"Name: {alias}\nVersion: {file['filename'].split('-')[1]}\n"
                server.add(alias, filename, metadata=(named + text).encode(), **fields)
            pins.append(f"{alias}=={version}")
    raise AssertionError


def _usable(name: str) -> tuple[str, str, dict[str, Any]] | None:
    """A version that pip could install on the GIL-enabled build, its metadata and page."""
    record = recording(name)
    for version in record["metadata"]:
        for file in record["page"]["files"]:
            parts = split_wheel(file["filename"])
            if parts and parts[1] == version and TARGET.rank(parts[2]) is not None:
                text = record["metadata"][version]["text"]
                # A closed set: nothing is asked for but what is locked.
                kept = [
                    line
                    for line in text.splitlines()
                    if line.startswith(("Metadata-Version", "Classifier", "Requires-Python"))
                ]
                return version, "\n".join(kept) + "\n", record["page"]
    return None


def commands(requirements: Path, url: str, cache: Path) -> dict[str, list[str]]:
    """The three contestants."""
    platforms = [f"--platform={tag}" for tag in TARGET.platform.tags]
    return {
        "ungil": [
            *(sys.executable, "-m", "ungil", "check", str(requirements), "--format", "json"),
            *("--target", "3.14t", "--platform", "linux", "--index-url", url),
            *("--cache-dir", str(cache / "ungil"), "--evidence", "tag"),
        ],
        "pip": [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"),
            *("--quiet", "--disable-pip-version-check", "--report", "-", "--no-deps"),
            *("--only-binary", ":all:", "--python-version", "3.14", "--implementation", "cp"),
            *("--abi", "cp314", "--abi", "abi3", *platforms, "--target", str(cache / "target")),
            *("--index-url", url, "--cache-dir", str(cache / "pip"), "-r", str(requirements)),
        ],
        "uv": [
            *(find_uv_bin(), "pip", "compile", "--quiet", "--no-config", str(requirements)),
            *("--python-version", "3.14", "--python-platform", "linux", "--no-build"),
            *("--default-index", url, "--cache-dir", str(cache / "uv")),
            *("--python", sys.executable),  # spare it the search for one
        ],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="15,100,300")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'':14}{'':8}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'CPU ratio':>11}{'wall ratio':>12}")
    for size in map(int, options.sizes.split(",")):
        with LoopbackIndex(recorded=False) as server, tempfile.TemporaryDirectory() as folder:
            requirements = Path(folder, "requirements.txt")
            requirements.write_text(
                "# autogenerated by the benchmark\n" + "\n".join(stock(server, size)) + "\n"
            )
            costs: dict[tuple[str, str], list[Cost]] = {}
            for turn in range(options.rounds):
                cache = Path(folder, f"cache-{turn}")
                for state in ("cold", "warm"):
                    for who, command in commands(requirements, server.url, cache).items():
                        costs.setdefault((state, who), []).append(measure(command))
        for (state, who), taken in costs.items():
            cpu, wall = (statistics.median(getattr(c, f) for c in taken) for f in ("cpu", "wall"))
            memory = statistics.median(c.memory for c in taken)
            ours = costs[state, "ungil"]
            ratio = [
                statistics.median(
                    getattr(t, f) / getattr(o, f) for t, o in zip(taken, ours, strict=True)
                )
                for f in ("cpu", "wall")
            ]
            print(
                f"{size:>4} {state:<9}{who:<8}{cpu:8.2f}{wall:8.2f}{memory:7.0f}"
                f"{ratio[0]:11.2f}{ratio[1]:12.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
