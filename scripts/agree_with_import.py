"""Does reading an extension module tell what importing it does?

    python scripts/agree_with_import.py [--cache DIR] [--only NAME] [--target 3.14t]

Downloads the wheels of `wheels.txt` (1.4 GB, once), reads every compiled module
in them, and prints a line for each: what is declared and how that was found.
For each free-threaded interpreter on PATH, a virtual environment gets the
wheels' dependencies, and every module made for this machine is then created by
`importlib.util.module_from_spec` alone, in a process of its own. The verdict is
wrong if the GIL is not as the reader said, or if a file that imports as a
module was not seen as one. What is made for other machines can only be held
against the same module here: where the two declare different things, a line
says so. Exits with 1 if any verdict is wrong, or more than 2% are unknown.
Modules are code: with `--no-import`, nothing is run.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import platformdirs
from packaging.version import Version

from ungil.extensions import BinaryError, Declaration, ExtensionModule, read
from ungil.index import IndexSettings, PackageIndex
from ungil.index.names import split_wheel
from ungil.index.transport import Transport
from ungil.target import Target, local_platform, parse_python

WHEELS = Path(__file__).with_name("wheels.txt")
PYTHONS = ("3.13t", "3.14t", "3.15t")
MOST_UNKNOWN = 0.02
SECONDS = 30
LARGEST = 1 << 30  # bytes of one wheel


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the list.

    Attributes:
        name: Of the file.
        toolchain: What it is mainly made with, as the list has it.
    """

    name: str
    toolchain: str

    @property
    def distribution(self) -> str:
        """Its name as in the file name."""
        return self.name.split("-", 1)[0]

    @property
    def version(self) -> Version:
        """Its version."""
        return Version(self.name.split("-")[1])

    @property
    def pythons(self) -> list[str]:
        """The interpreters it is made for, on whatever platform."""
        abis = self.name.split("-")[-2].split(".")
        stable = ["3.15t"] if "abi3t" in abis else []
        return stable + [python for python in PYTHONS if parse_python(python).abi in abis]

    def fits(self, target: Target) -> bool:
        """Can the target install it?"""
        parts = split_wheel(self.name)
        return parts is not None and target.rank(parts[2]) is not None


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader said of one module.

    Attributes:
        wheel: Where it is.
        file: Its path there.
        module: The verdict; None if the file gave none for this name.
        reason: Why there is none, where it could not be read.
    """

    wheel: Wheel
    file: str
    module: ExtensionModule | None
    reason: str = ""

    @property
    def name(self) -> str:
        """As it would be imported, with its package."""
        *packages, file = PurePosixPath(self.file).parts
        own = self.module.name if self.module else file.partition(".")[0]
        return ".".join([*packages, own])

    @property
    def declaration(self) -> Declaration:
        """The verdict."""
        return self.module.declaration if self.module else Declaration.UNKNOWN


@dataclass(frozen=True, slots=True)
class Imported:
    """What one interpreter did with a module.

    Attributes:
        read: The module.
        python: The interpreter, e.g. `3.14t`.
        gil_stays_off: None if the module could not be created, or another one
            had switched the GIL on before.
        reason: What was seen.
    """

    read: Read
    python: str
    gil_stays_off: bool | None
    reason: str

    @property
    def is_wrong(self) -> bool:
        """Did the reader say something else?"""
        if self.gil_stays_off is None:
            return False
        if self.read.module is None:
            return True  # a module that was overlooked
        opposite = Declaration.USED if self.gil_stays_off else Declaration.NOT_USED
        return self.read.declaration is opposite


# Getting the wheels


def listed(only: list[str], python: str | None) -> list[Wheel]:
    """The list, or the wheels on it of these distributions and this interpreter."""
    lines = [line.split() for line in WHEELS.read_text("utf-8").splitlines() if line[0] != "#"]
    wanted = {name.lower().replace("-", "_") for name in only}
    return [
        wheel
        for wheel in (Wheel(name, toolchain) for toolchain, name in lines)
        if (not wanted or wheel.distribution.lower() in wanted)
        and (python is None or python in wheel.pythons)
    ]


def download(wheels: list[Wheel], cache: Path) -> None:
    """Bring the wheels that are missing into the cache."""
    missing = [wheel for wheel in wheels if not (cache / wheel.name).exists()]
    settings = IndexSettings.from_environment()
    transport = Transport(settings)
    with PackageIndex(settings) as index, ThreadPoolExecutor(4) as pool:
        fetch = partial(_download, index=index, transport=transport, cache=cache)
        for done, wheel in enumerate(pool.map(fetch, missing), 1):
            print(f"downloaded {done} of {len(missing)}: {wheel.name}", file=sys.stderr)
    transport.close()


def _download(wheel: Wheel, index: PackageIndex, transport: Transport, cache: Path) -> Wheel:
    release = index.project(wheel.distribution).by_version[str(wheel.version)]
    file = next(file for file in release.files if file.name == wheel.name)
    with transport.open(file.url, wheel.name) as stream:
        if stream.status != 200:
            sys.exit(f"{wheel.name}: the server answered {stream.status}")
        data = b"".join(stream.chunks(LARGEST))
    if file.sha256 is None or hashlib.sha256(data).hexdigest() != file.sha256:
        sys.exit(f"{wheel.name} is not the file whose hash the index names")
    partial_file = cache / f"{wheel.name}.part"
    partial_file.write_bytes(data)
    partial_file.replace(cache / wheel.name)
    return wheel


def unpacked(wheel: Wheel, cache: Path) -> Path:
    """The folder that holds the wheel's files, as an installer lays them out."""
    folder = cache / "unpacked" / wheel.name.removesuffix(".whl")
    if not folder.exists():
        begun = folder.with_name(folder.name + ".part")
        with zipfile.ZipFile(cache / wheel.name) as archive:
            archive.extractall(begun)
        begun.replace(folder)
    return folder


# Reading


def read_wheel(wheel: Wheel, cache: Path) -> list[Read]:
    """The verdicts on a wheel's files; a file without a module gives one without."""
    found = []
    with zipfile.ZipFile(cache / wheel.name) as archive:
        for name in archive.namelist():
            if not name.endswith((".so", ".pyd")):
                continue
            try:
                modules = read(archive.read(name))
            except BinaryError as error:
                found.append(Read(wheel, name, None, f"not readable: {error}"))
                continue
            found += [Read(wheel, name, module) for module in modules]
            if not modules:
                found.append(Read(wheel, name, None))
    return found


def report(row: Read) -> str:
    """A line for the reader of this script's output."""
    parts = [row.wheel.name, row.file]
    if row.module is None:
        return "  ".join([*parts, row.reason or "seen as no extension module"])
    m = row.module
    explicit = "explicit" if m.explicit else "by default"
    how = f"{explicit}, by {m.found_by}" if m.found_by else m.reason
    words = (m.name, m.format, m.machine, m.initialisation.value, m.toolchain or "-")
    return "  ".join([*parts, *words, f"{m.declaration.value} ({how})"])


# Importing: deliberately not what ungil itself does, for it would be no witness

ORACLE = r"""
import importlib, importlib.util, json, os, re, sys, warnings
name, file, folder, parent = sys.argv[1:]
assert not sys._is_gil_enabled()
sys.path.insert(0, folder)
error = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        if parent:
            importlib.import_module(parent)
        importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, file))
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"
text = "\n".join(str(warning.message) for warning in caught)
culprits = re.findall(r"has been enabled to load module '([^']*)'", text)
print("\n@", json.dumps([error, sys._is_gil_enabled(), culprits]), flush=True)
os._exit(0)
"""


def ask(
    interpreter: str, row: Read, folder: Path, *, parent_first: bool
) -> tuple[bool | None, str]:
    """Create a module in a process of its own; does the GIL stay off, and why not?"""
    parent = row.name.rpartition(".")[0] if parent_first else ""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            [
                interpreter,
                "-I",
                "-c",
                ORACLE,
                row.name,
                str(folder / row.file),
                str(folder),
                parent,
            ],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"not created within {SECONDS} s"
    said = re.search(r"^@ (.*)$", done.stdout, re.MULTILINE)
    if said is None:
        return None, f"the process ended with {done.returncode}"
    error, enabled, culprits = json.loads(said[1])
    if row.name in culprits:
        return False, "the GIL was switched on for it"
    if error or enabled:
        return None, error or f"the GIL was switched on for {culprits}"
    return True, "created, and the GIL is off"


def import_one(row: Read, interpreter: str, python: str, cache: Path) -> Imported:
    """Ask about one module; if it cannot be created alone, after its package."""
    folder = unpacked(row.wheel, cache)
    kept, reason = ask(interpreter, row, folder, parent_first=False)
    if kept is None and row.module is not None and "." in row.name:
        kept, reason = ask(interpreter, row, folder, parent_first=True)
    return Imported(row, python, kept, reason)


def environment_for(python: str, wheels: list[Wheel], cache: Path) -> str:
    """The interpreter of a virtual environment with what the wheels depend on."""
    newest: dict[str, Wheel] = {}
    for wheel in sorted(wheels, key=lambda w: w.version):
        newest[wheel.distribution.lower()] = wheel
    named = hashlib.sha256(" ".join(sorted(w.name for w in newest.values())).encode())
    folder = cache / f"venv-{python}-{named.hexdigest()[:8]}"
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    interpreter = str(folder.joinpath(*inside))
    if (folder / "complete").exists():
        return interpreter
    own = shutil.which(f"python{python}")
    files = [str(cache / wheel.name) for wheel in newest.values()]
    pip = [interpreter, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *files]
    print(f"installing {len(files)} wheels into {folder}", file=sys.stderr)
    subprocess.run([str(own), "-m", "venv", str(folder)], check=True)  # noqa: S603 - fixed words
    subprocess.run(pip, check=True)  # noqa: S603 - pip, and wheels of ours
    (folder / "complete").touch()
    return interpreter


def import_all(rows: list[Read], python: str, cache: Path) -> Iterator[Imported]:
    """Import what this machine's interpreter of that version could."""
    target = Target(parse_python(python), local_platform())
    wheels = [w for w in dict.fromkeys(row.wheel for row in rows) if w.fits(target)]
    if not wheels:
        return
    interpreter = environment_for(python, wheels, cache)
    for wheel in wheels:
        unpacked(wheel, cache)
    fitting = set(wheels)
    mine = [row for row in rows if row.wheel in fitting and _is_for_this_machine(row)]
    one = partial(import_one, interpreter=interpreter, python=python, cache=cache)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(one, mine)


def _is_for_this_machine(row: Read) -> bool:
    """Of a universal file, only one slice can be loaded here."""
    machine = platform.machine()
    names = {"arm64": "aarch64", "AMD64": "x86_64", "ARM64": "aarch64"}
    return row.module is None or row.module.machine == names.get(machine, machine)


# Counting


def summary(rows: list[Read], imported: list[Imported]) -> Iterator[str]:
    """A line for each toolchain and format."""
    compared = Counter(_group(i.read) for i in imported if _is_compared(i))
    wrong = Counter(_group(i.read) for i in imported if i.is_wrong)
    declared = Counter((*_group(row), row.declaration) for row in rows if row.module)
    columns = (Declaration.NOT_USED, Declaration.USED, Declaration.RUN_TIME, Declaration.UNKNOWN)
    heads = [*(column.value for column in columns), "compared", "wrong"]
    yield f"{'':14}{'':8}" + "".join(f"{head:>10}" for head in heads)
    for group in sorted({_group(row) for row in rows if row.module}):
        counts = [declared[(*group, column)] for column in columns]
        counts += [compared[group], wrong[group]]
        yield f"{group[0]:14}{group[1]:8}" + "".join(f"{count:10}" for count in counts)


def differing(rows: list[Read]) -> Iterator[str]:
    """Modules of one version and interpreter that declare different things by platform.

    They may; but where it cannot be imported, one that does deserves a look.
    """
    found: dict[tuple[str, ...], dict[Declaration, Read]] = {}
    for row in rows:
        if row.module and row.declaration is not Declaration.UNKNOWN:
            folder, _, file = row.file.rpartition("/")
            wheel = row.wheel.name.split("-")[:-1]
            key = (*wheel, folder, file.partition(".")[0], row.module.name)
            found.setdefault(key, {})[row.declaration] = row
    for declared in found.values():
        if len(declared) > 1:
            yield "differs by platform:  " + "  /  ".join(map(report, declared.values()))


def _group(row: Read) -> tuple[str, str]:
    return row.wheel.toolchain, row.module.format if row.module else "?"


def _is_compared(imported: Imported) -> bool:
    answers = (Declaration.USED, Declaration.NOT_USED)
    return imported.is_wrong or (
        imported.gil_stays_off is not None and imported.read.declaration in answers
    )


def plain(value: object) -> object:
    """A value for JSON."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def write(path: str, rows: list[Read], imported: list[Imported]) -> None:
    """Both lists as JSON."""
    told = {"read": [plain(row) for row in rows], "imported": [plain(row) for row in imported]}
    Path(path).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def verdicts(wheels: list[Wheel], cache: Path) -> list[Read]:
    """Read all wheels, and print what is found as it is found."""
    rows = []
    with ProcessPoolExecutor() as pool:
        for found in pool.map(partial(read_wheel, cache=cache), wheels):
            rows += found
            for row in found:
                if row.module or row.reason:
                    print(report(row), flush=True)
    return rows


def witnesses(rows: list[Read], cache: Path) -> list[Imported]:
    """Import with every interpreter there is, and print what is not as it should be."""
    imported = []
    for python in filter(lambda p: shutil.which(f"python{p}"), PYTHONS):
        for one in import_all(rows, python, cache):
            imported.append(one)
            said = f"{one.python}: {one.reason}; read: {report(one.read)}"
            if one.is_wrong:
                print(f"WRONG  {said}", flush=True)
            elif one.gil_stays_off is None and one.read.module:
                print(f"not importable  {said}", flush=True)
    return imported


def main() -> int:
    """Read, import, compare and count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    default = platformdirs.user_cache_path("ungil-agree-with-import")
    parser.add_argument("--cache", type=Path, default=default, help=f"default: {default}")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--target", choices=PYTHONS, help="only wheels made for this one")
    parser.add_argument("--no-import", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    cache = options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    wheels = listed(options.only, options.target)
    download(wheels, cache)
    rows = verdicts(wheels, cache)
    imported = [] if options.no_import else witnesses(rows, cache)
    print("\n".join([*differing(rows), *summary(rows, imported)]))
    if options.json:
        write(options.json, rows, imported)
    modules = [row for row in rows if row.module or row.reason]
    unknown = sum(row.declaration is Declaration.UNKNOWN for row in modules)
    compared = sum(map(_is_compared, imported))
    wrong = sum(i.is_wrong for i in imported)
    print(
        f"{len(modules)} modules read, {compared} compared, {wrong} wrong, "
        f"{unknown} unknown ({unknown / max(len(modules), 1):.2%})"
    )
    return int(wrong > 0 or unknown > MOST_UNKNOWN * len(modules))


if __name__ == "__main__":
    raise SystemExit(main())
