# /// script
# requires-python = ">=3.11"
# dependencies = ["atheris>=3", "ungil"]
# ///
"""Feed damaged binaries and wheels to the readers, guided by what they execute.

    python scripts/fuzz_extensions.py WHEELS [--runs 1000000] [--corpus DIR]

WHEELS is a folder of wheels, e.g. the cache of `agree_with_import.py`. Small
compiled modules of each format and machine in it, a universal file made of two,
and wheels made of them are what the fuzzer starts from; what it finds worth
keeping goes to the corpus. Nothing but `BinaryError` may come out of
`ungil.extensions.read` and `ungil.extensions.archive.Archive`, within 10
seconds and 1 GiB for one input; anything else stops the run, with the input in
a file `crash-…`, `timeout-…` or `oom-…`. libFuzzer prints the number of runs.
Runs on Linux and macOS, where Atheris does.
"""

from __future__ import annotations

import argparse
import io
import struct
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import atheris  # type: ignore[import-untyped] # it has no types

with atheris.instrument_imports(include=["ungil.extensions"]):
    from ungil.extensions import BinaryError, read
    from ungil.extensions.archive import Archive

LARGEST = 72 << 10  # bytes; ELF files for AArch64 have pages of 64 KiB
SEEDS = 3  # of each format and machine


def try_input(data: bytes) -> None:
    """Read the bytes as a binary, or as a wheel if they begin like one."""
    try:
        if data.startswith(b"PK"):
            for member in Archive(io.BytesIO(data)).members:
                read(member.open())
        else:
            read(data)
    except BinaryError:
        pass


def binaries(wheels: Path) -> list[bytes]:
    """The smallest modules of each format and machine, one from each distribution."""
    found: dict[tuple[str, str], dict[str, bytes]] = {}
    for path in sorted(wheels.glob("*.whl")):
        distribution = path.name.partition("-")[0]
        for data in small(path):
            for module in read(data):
                kept = found.setdefault((module.format, module.machine), {})
                kept[distribution] = min(kept.get(distribution, data), data, key=len)
    return [data for kept in found.values() for data in sorted(kept.values(), key=len)[:SEEDS]]


def small(path: Path) -> Iterator[bytes]:
    """A wheel's small compiled files."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.endswith((".so", ".pyd")) and info.file_size <= LARGEST:
                yield archive.read(info)


def universal(first: bytes, second: bytes) -> bytes:
    """A universal Mach-O file of two slices (<mach-o/fat.h>)."""
    start = 4096
    follows = start + len(first)
    header = struct.pack(">4s I 5I 5I", b"\xca\xfe\xba\xbe", 2,
                         0x01000007, 3, start, len(first), 12,
                         0x0100000C, 0, follows, len(second), 0)  # fmt: skip
    return header.ljust(start, b"\0") + first + second


def wheel(data: bytes, compression: int) -> bytes:
    """A wheel with one compiled member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("a/b.so", data)
        archive.writestr("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    return file.getvalue()


def seeds(wheels: Path) -> list[bytes]:
    """What the fuzzer starts from."""
    plain = binaries(wheels)
    if not plain:
        sys.exit(f"no small extension modules in the wheels of {wheels}")
    macho = sorted((data for data in plain if data[:4] == b"\xcf\xfa\xed\xfe"), key=len)
    smallest = min(plain, key=len)
    packed = [wheel(smallest, kind) for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    return plain + [universal(macho[0], macho[1])] * (len(macho) > 1) + packed


def main() -> None:
    """Lay out the seeds, and hand over to libFuzzer, which ends the process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--corpus", type=Path, help="to be kept, and begun with if it exists")
    options = parser.parse_args()
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(options.wheels)):
        (corpus / f"seed-{number}").write_bytes(data)
    print(f"the corpus is {corpus}", file=sys.stderr)
    limits = ["-timeout=10", "-rss_limit_mb=1024", f"-max_len={LARGEST}", "-len_control=0"]
    atheris.Setup(
        [sys.argv[0], *limits, f"-runs={options.runs}", "-print_final_stats=1", str(corpus)],
        try_input,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
