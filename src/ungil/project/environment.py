"""The distributions installed for an interpreter.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/

Read from the files of its site-packages. The interpreter itself only says
where they are; neither `site`, nor a `.pth` file, nor any installed code runs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from ungil.findings import printable
from ungil.interpreters import run_limited
from ungil.project.conditions import Conditions, choose
from ungil.project.core_metadata import LARGEST, CoreMetadata, parse_core_metadata
from ungil.project.graph import reach
from ungil.project.model import Installed, Pin, Selection, SubjectError, Unindexed
from ungil.project.pins import unindexed
from ungil.project.places import Document, Place
from ungil.project.requirement import parse_requirement, url_kind

__all__ = ["EnvironmentSubject", "read_installed"]

TIME_LIMIT = 20.0
"""Seconds for an interpreter to say where its packages are; it takes 0.05."""

# Until 3.13 it was `site` that set sys.prefix for a virtual environment, which
# -S leaves out; so pyvenv.cfg is looked for as PEP 405 says.
_PROBE = """
import json, os, sys, sysconfig
here = os.path.dirname(os.path.abspath(sys.executable))
found = [d for d in (here, os.path.dirname(here)) if os.path.isfile(os.path.join(d, "pyvenv.cfg"))]
schemes = sysconfig.get_scheme_names()
base = [s for s in ("deb_system",) if s in schemes]
default = getattr(sysconfig, "get_default_scheme", lambda: None)()
def places(scheme, **more):
    args = (scheme,) if scheme else ()
    paths = sysconfig.get_paths(*args, vars=more or None)
    return [paths["purelib"], paths["platlib"]]
own = []
if found:
    prefix = found[0]
    own = places("venv" if "venv" in schemes else default, base=prefix, platbase=prefix)
    text = open(os.path.join(prefix, "pyvenv.cfg"), encoding="utf-8").read().lower()
    line = [l.partition("=")[2].strip() for l in text.splitlines()
            if l.partition("=")[0].strip() == "include-system-site-packages"]
    shared = line[-1:] == ["true"]
if not found or shared:
    for scheme in [default] + base:
        own += places(scheme)
t = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print(json.dumps(["ungil", own, "cp%d%d%s" % (sys.version_info[0], sys.version_info[1], t)]))
"""


@dataclass(frozen=True, slots=True)
class _Installed:
    """One distribution as its files describe it."""

    name: str
    version: str
    metadata: CoreMetadata
    requested: bool = False
    source: Unindexed | None = None
    record: Path | None = None


@dataclass
class EnvironmentSubject:
    """What is installed for one interpreter."""

    place: Place
    abi: str = ""
    installed: dict[str, _Installed] = field(default_factory=dict)
    others: list[Unindexed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """See `Subject.path`."""
        return self.place.label

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        """See `Subject.select`; everything installed counts, whatever the target."""
        document = Document(self.place, "")
        choose(document, "extra", extras, ())
        choose(document, "group", groups or (), ())
        _, parents = reach(
            ((name, frozenset[str]()) for name in self.installed),
            lambda name, more: self._edges(name, Conditions(environment, more)),
        )
        # Installers mark what was asked for (the REQUESTED file of PEP 376);
        # an environment without any such mark was made by one that does not.
        marked = any(one.requested for one in self.installed.values())
        return Selection(
            pins=tuple(
                Pin(
                    name,
                    one.version,
                    direct=one.requested if marked else None,
                    required_by=tuple(sorted(parents.get(name, set()) - {name})),
                    installed=self._installed(one),
                )
                for name, one in sorted(self.installed.items())
                if one.source is None
            ),
            unindexed=(
                *(one.source for one in self.installed.values() if one.source is not None),
                *self.others,
            ),
            notes=tuple(self.notes),
        )

    def _installed(self, one: _Installed) -> Installed | None:
        if one.record is None:
            return None
        return Installed(self.abi, one.record.parent.parent, one.record)

    def _edges(self, name: str, conditions: Conditions) -> Iterator[tuple[str, frozenset[str]]]:
        for text in self.installed[name].metadata.requires_dist:
            # Old and broken requirements were installed all the same.
            try:
                requirement = parse_requirement(text)
                holds = conditions.hold(requirement.marker, Document(self.place, ""))
            except ValueError:
                continue
            child = canonicalize_name(requirement.name)
            if holds and child in self.installed:
                yield child, frozenset(map(canonicalize_name, requirement.extras))


def read_installed(python: str) -> EnvironmentSubject:
    """Read the environment of an interpreter, or of a directory that has one.

    Raises:
        SubjectError: There is no such interpreter, or it does not answer.
    """
    cwd = Path.cwd()
    executable = _executable(python, cwd)
    folders, abi = _answers(executable)
    subject = EnvironmentSubject(Place.named(python, cwd), abi)
    for folder in dict.fromkeys(map(os.path.normpath, folders)):
        if Path(folder).is_dir():
            _read_folder(subject, Place.named(folder, cwd))
    return subject


def _executable(python: str, cwd: Path) -> Place:
    place = Place.named(python, cwd)
    if python and place.exists() and place.path.is_dir():
        for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
            if place.inside(name).path.is_file():
                return place.inside(name)
        raise place.problem("has no interpreter in it; name a virtual environment or a python")
    if python and place.exists():
        return place
    bare = python and os.sep not in python and "\0" not in python
    found = shutil.which(python) if bare else None
    if found is None:
        raise place.problem("no such interpreter; name one, e.g. .venv/bin/python")
    return Place.named(found, cwd)


def _answers(executable: Place) -> tuple[list[str], str]:
    """The site-packages of an interpreter, and its ABI."""
    output = _run(executable)
    try:
        mark, folders, abi = json.loads(output.decode("utf-8").strip().rpartition("\n")[2])
    except (ValueError, TypeError, RecursionError):
        mark, folders, abi = None, None, None
    if mark != "ungil" or not isinstance(folders, list) or not isinstance(abi, str):
        raise executable.problem("does not answer like a Python; name a Python interpreter")
    return [folder for folder in folders if isinstance(folder, str)], abi


def _run(executable: Place) -> bytes:
    """What the probe prints, within `TIME_LIMIT`."""
    try:
        finished = run_limited(
            [executable.path, "-I", "-S", "-c", _PROBE],
            environment=os.environ,
            folder=Path.cwd(),
            seconds=TIME_LIMIT,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise executable.problem(f"cannot be run: {reason}; name a Python interpreter") from None
    if finished.code is None:
        raise executable.problem(
            f"did not answer within {TIME_LIMIT:g} s; name a Python interpreter"
        )
    return finished.output


def _read_folder(subject: EnvironmentSubject, folder: Place) -> None:
    try:
        names = folder.entries()
    except SubjectError as error:
        subject.notes.append(f"{error}")
        return
    for name in names:
        entry = folder.inside(name)
        if name.endswith((".dist-info", ".egg-info")):
            try:
                one = _installed(entry)
            except ValueError as error:
                reason = str(error).removeprefix(f"{entry.label}: ")
                subject.notes.append(printable(f"{name} is broken and was left out: {reason}"))
                continue
            # The first on the path is what an import finds.
            subject.installed.setdefault(one.name, one)
        elif name.endswith(".egg-link"):
            target = _first_line(entry)
            project = canonicalize_name(name.removesuffix(".egg-link"))
            subject.others.append(Unindexed(project, target, "editable"))


def _installed(entry: Place) -> _Installed:
    """Read one `.dist-info` or `.egg-info`.

    Raises:
        ValueError: It is broken; the message says how.
    """
    is_egg = entry.label.endswith(".egg-info")
    file = entry
    if not is_egg or entry.path.is_dir():
        file = entry.inside("PKG-INFO" if is_egg else "METADATA")
    metadata = parse_core_metadata(file.read_bytes(LARGEST))
    try:
        version = str(Version(metadata.version))
    except ValueError:
        raise ValueError(f"{metadata.version!r} is no version") from None
    name = canonicalize_name(metadata.name)
    requested = entry.inside("REQUESTED").exists()
    record = entry.path / "RECORD"
    return _Installed(
        name,
        version,
        metadata,
        requested,
        _source(entry, name, version),
        record if record.is_file() else None,
    )


def _source(entry: Place, name: str, version: str) -> Unindexed | None:
    """Where `direct_url.json` (PEP 610) says it came from.

    Raises:
        ValueError: There is one that cannot be read.
    """
    file = entry.inside("direct_url.json")
    if not file.exists():
        return None
    document = file.read()
    try:
        data = json.loads(document.text)
        url = data["url"]
        editable = data.get("dir_info", {}).get("editable") is True
        is_vcs = "vcs_info" in data
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("its direct_url.json is not valid") from None
    kind = "editable" if editable else "vcs" if is_vcs else url_kind(str(url))
    return unindexed(document, name, str(url), kind, version=version)


def _first_line(place: Place) -> str:
    try:
        return place.read().text.partition("\n")[0].strip()
    except SubjectError:
        return place.label
