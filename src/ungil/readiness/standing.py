"""How the files of one release stand on one target: exactly one case.

Only file names, tags and Requires-Python are looked at, so the evidence is
`tag`: a wheel tagged `cp314t` fits, but whether its modules keep the GIL off
is written in the binaries and stays unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ungil import rules
from ungil.findings import Rule
from ungil.index import File, admits, fitting_wheels, sources
from ungil.target import Target

__all__ = ["READY", "Standing", "stand"]

READY = frozenset(
    {
        rules.FREE_THREADED_WHEEL,
        rules.PURE_PYTHON,
        rules.NO_PYTHON_ABI,
        rules.GIL_ENABLED_WHEEL,
    }
)
"""The cases in which nothing stands in the way of installing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One release on one target.

    Attributes:
        case: Which of the cases it is.
        installs: Is there a ready-made file? None if it would be built.
        keeps_gil_off: True only where no compiled module is installed.
        file: What an installer would take, None if nothing.
        message: The case in a sentence, for this release.
    """

    case: Rule
    installs: bool | None
    keeps_gil_off: bool | None
    file: File | None
    message: str


def stand(files: Sequence[File], target: Target) -> Standing:
    """Judge the files of one release (at least one) on one target."""
    wheels = fitting_wheels(files, target)
    return _fits(wheels[0], files, target) if wheels else _does_not_fit(files, target)


def _fits(wheel: File, files: Sequence[File], target: Target) -> Standing:
    python, abis, platforms = wheel.tag.lower().split("-")
    if "none" not in abis.split("."):
        if target.python.free_threaded:
            what = "abi3t" if target.python.abi not in abis.split(".") else target.python.abi
            message = f"A wheel for the free-threaded ABI fits ({what})."
            return Standing(rules.FREE_THREADED_WHEEL, True, None, wheel, message)
        message = f"A wheel for the GIL-enabled build fits ({python}-{abis})."
        return Standing(rules.GIL_ENABLED_WHEEL, True, None, wheel, message)
    if "any" not in platforms.split("."):
        message = "A platform wheel fits that is bound to no Python ABI."
        return Standing(rules.NO_PYTHON_ABI, True, None, wheel, message)
    compiled = _compiled_here(files, target)
    if compiled:
        message = (
            "The pure-Python wheel is installed in place of a compiled one "
            f"({_builds(compiled)}): it works, slower."
        )
        return Standing(rules.PURE_FALLBACK, True, True, wheel, message)
    return Standing(rules.PURE_PYTHON, True, True, wheel, "A pure-Python wheel fits.")


def _does_not_fit(files: Sequence[File], target: Target) -> Standing:
    python = target.environment["python_full_version"]
    admitted = [f for f in files if admits(f.requires_python, python)]
    if not admitted:
        wanted = next((f.requires_python for f in files if f.requires_python), "")
        message = f"It requires Python {wanted}, which excludes {target.python.number}."
        return Standing(rules.PYTHON_EXCLUDED, False, None, None, message)
    source = next(iter(sources(files, target)), None)
    here = _compiled_here(admitted, target)
    if here and all("abi3" in _abis(f) for f in here) and target.python.free_threaded:
        message = (
            "Its wheels for this platform are abi3 only; no free-threaded build takes those "
            "(from 3.15t on they take abi3t, PEP 803)."
        )
        installs = None if source else False
        return Standing(rules.ABI3_ONLY, installs, None, source, message)
    if source is not None:
        where = "to be built on the installing machine"
        message = f"Only the source distribution fits, {where}{_why(files, here)}."
        return Standing(rules.SOURCE_ONLY, None, None, source, message)
    elsewhere = [f for f in admitted if target.python.abi in _abis(f) or "abi3t" in _abis(f)]
    if elsewhere and target.python.free_threaded:
        systems = ", ".join(sorted({s for f in elsewhere for s in _systems(f)}))
        message = f"It has wheels for the free-threaded ABI, but for other platforms ({systems})."
        return Standing(rules.WRONG_PLATFORM, False, None, None, message)
    if here:
        message = f"None of its wheels ({_builds(here)}) fits, and there is no source."
    else:
        message = "It has no wheel for this platform, and no source."
    return Standing(rules.NOTHING_FITS, False, None, None, message)


def _why(files: Sequence[File], here: Sequence[File]) -> str:
    if here:
        return (
            f": none of its compiled wheels ({_builds(here)}) does, so it takes a compiler or "
            "toolchain, and the code may not support this build"
        )
    if any(f.is_wheel for f in files):
        return ": its wheels are for other platforms or Pythons"
    return ": the release has no wheels at all"


def _compiled_here(files: Sequence[File], target: Target) -> list[File]:
    """Wheels with a CPython ABI whose platform is the target's, for whatever Python."""
    platforms = set(target.platform.tags)
    return [
        f
        for f in files
        if f.is_wheel
        and f.tag.startswith("cp")
        and "none" not in _abis(f)
        and not platforms.isdisjoint(f.tag.lower().rsplit("-", 1)[-1].split("."))
    ]


def _abis(file: File) -> list[str]:
    parts = file.tag.lower().split("-")
    return parts[1].split(".") if len(parts) == 3 else []


def _builds(files: Sequence[File]) -> str:
    """The newest ABIs of wheels in words, e.g. `up to cp313`."""
    found = {abi for f in files for abi in _abis(f)}
    minors = [int(m[1]) for abi in found if (m := re.fullmatch(r"cp3(\d+)m?", abi))]
    words = [f"up to cp3{max(minors)}"] if minors else []
    return ", ".join(words + sorted(a for a in found if not re.fullmatch(r"cp\d+mu?|cp\d+", a)))


def _systems(file: File) -> list[str]:
    names = {"win": "Windows", "macosx": "macOS", "manylinux": "Linux", "musllinux": "musl Linux"}
    found = []
    for platform in file.tag.rsplit("-", 1)[-1].split("."):
        prefix = re.match(r"[a-z]+", platform)
        if prefix:
            found.append(names.get(prefix[0], prefix[0]))
    return found
