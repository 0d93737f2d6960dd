"""`ungil ecosystem` over 90 to 720 packages: what it takes, and how that grows.

    python benchmarks/ecosystem.py [--sizes 90,180,360,720] [--rounds 3]

An index on loopback serves the recorded histories, under as many names as it takes. Each
round runs, with an empty cache and then with what that left,

    ungil ecosystem names --yes --format html

and beside it, in the same round, the peer: what the published tracker does for one day
(`utils.py` of github.com/hugovk/free-threaded-wheels), requests and json, one page after
the other, the ABI tags of the latest release. Ours has seven countings of every day since
2024-08 and a page; the peer one counting of one day.

Each line is the median of the rounds. *Growth* is the CPU time for each package against
that of the smallest size: 1.00 is linear. The ratio is the peer's CPU time to ours: above
1 we are faster. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from measuring import Cost, measure, renamed

from loopback import HISTORY, LoopbackIndex, recorded_names, recording

PEER = """
import sys, requests
from packaging.utils import parse_wheel_filename
from packaging.version import Version
url, names = sys.argv[1], open(sys.argv[2]).read().split()
accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
with requests.Session() as session:
    for name in names:
        files = session.get(f"{url}{name}/", headers=accept).json()["files"]
        latest, tags = None, []
        for file in files:
            if not file["filename"].endswith(".whl") or file["yanked"]:
                continue
            _, version, _, _ = parse_wheel_filename(file["filename"])
            if version.is_prerelease or (latest is not None and version < latest):
                continue
            if latest is None or version > latest:
                latest, tags = version, []
            tags.append(file["filename"].removesuffix(".whl").split("-")[-2])
        ready = any(tag.startswith("cp31") and tag.endswith("t") for tag in tags)
        print(name, ready, any(tag != "none" for tag in tags))
"""


def stock(server: LoopbackIndex, size: int) -> list[str]:
    """Put `size` packages on the index; returns their names."""
    names: list[str] = []
    for turn in itertools.count():
        for name in recorded_names(HISTORY):
            if len(names) == size:
                return names
            record = recording(name, HISTORY)
            alias = f"{name}-{turn}"
            newest, told = next(iter(record["metadata"].items()))
            for file in record["page"]["files"]:
                filename = renamed(file["filename"], name, alias)
                if filename is None:
                    continue
                fields = {k: v for k, v in file.items() if k not in {"filename", "url"}}
                tells = filename.endswith(".whl") and filename.split("-")[1] == newest
                metadata = _closed(told["text"], name, turn) if tells else None
                server.add(alias, filename, metadata=metadata, **fields)
            names.append(alias)
    raise AssertionError


def _closed(text: str, name: str, turn: int) -> bytes:
    """Metadata that asks for what is listed, so that there is a graph to follow."""
    lines = text.replace(f"Name: {name}\n", f"Name: {name}-{turn}\n").splitlines()
    asked = [f"Requires-Dist: {one}-{turn}" for one in ("numpy", "cffi") if one != name]
    return "\n".join([*(x for x in lines if not x.startswith("Requires-")), *asked, ""]).encode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="90,180,360,720")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'':12}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'growth':>9}{'CPU ratio':>11}")
    smallest: dict[str, float] = {}
    for size in map(int, options.sizes.split(",")):
        with LoopbackIndex(recorded=False) as server, tempfile.TemporaryDirectory() as folder:
            names = Path(folder, "names")
            names.write_text("\n".join(stock(server, size)))
            costs: dict[str, list[Cost]] = {"cold": [], "warm": [], "peer": []}
            for turn in range(options.rounds):
                ours = [
                    *(sys.executable, "-m", "ungil", "ecosystem", str(names), "--yes"),
                    *("--as-of", "2026-11-24", "--format", "html", "--index-url", server.url),
                    *("--cache-dir", str(Path(folder, f"cache-{turn}"))),
                ]
                costs["cold"].append(measure(ours))
                costs["warm"].append(measure(ours))
                costs["peer"].append(measure([sys.executable, "-c", PEER, server.url, str(names)]))
        for who, taken in costs.items():
            cpu = statistics.median(cost.cpu for cost in taken)
            wall = statistics.median(cost.wall for cost in taken)
            memory = statistics.median(cost.memory for cost in taken)
            growth = cpu / size / smallest.setdefault(who, cpu / size)
            ratio = statistics.median(
                peer.cpu / cost.cpu for peer, cost in zip(costs["peer"], taken, strict=True)
            )
            print(
                f"{size:>4} {who:<7}{cpu:8.2f}{wall:8.2f}{memory:7.0f}{growth:9.2f}{ratio:11.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
