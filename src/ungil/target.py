"""A target: which Python, which ABI, which platform, hence which wheels fit.

No environment marker can express "free-threaded" (PEP 780 is a draft), so a
target answers two separate questions: the marker environment for evaluating
requirements, and the ordered wheel tags for deciding which file fits.

Platform names are those of `uv --python-platform`
(https://docs.astral.sh/uv/reference/cli/#uv-pip-compile--python-platform), with
`linux`, `macos` and `windows` as its short forms. The tags of a platform that
is not this machine cannot be asked of `packaging`, which looks at the running
system, so the manylinux and musllinux lists are built here from PEP 600 and
PEP 656.
"""

from __future__ import annotations

import platform as _platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from packaging import tags as _tags

__all__ = [
    "DEFAULT_VERSIONS",
    "Platform",
    "PythonVersion",
    "Target",
    "TargetError",
    "local_platform",
    "names_a_series",
    "parse_platform",
    "parse_python",
]

DEFAULT_VERSIONS = ("3.14t", "3.15t")
"""The two newest releases whose free-threaded build is officially supported
(PEP 779; release dates in PEP 745 and PEP 790)."""

_OLDEST_FREE_THREADED = 13  # PEP 703: the first build without a GIL was 3.13
_OLDEST = 8


class TargetError(ValueError):
    """A target or platform name that nobody can mean; the message says why."""


@dataclass(frozen=True, slots=True)
class PythonVersion:
    """A CPython release series and its ABI, e.g. `3.14t`."""

    major: int
    minor: int
    free_threaded: bool

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}{'t' if self.free_threaded else ''}"

    @property
    def number(self) -> str:
        """Without the ABI, e.g. `3.14`."""
        return f"{self.major}.{self.minor}"

    @property
    def abi(self) -> str:
        """The ABI tag, e.g. `cp314t`."""
        return f"cp{self.major}{self.minor}{'t' if self.free_threaded else ''}"


@dataclass(frozen=True)
class Platform:
    """An operating system, its version and its machine.

    Attributes:
        name: The name the user gave, long form.
        tags: Platform tags of wheels that fit, best first.
        markers: The platform's part of a marker environment (PEP 508).
        uv: What `uv --python-platform` calls it; None for this machine as it
            is, which uv finds out by itself.
    """

    name: str
    tags: tuple[str, ...] = field(repr=False)
    markers: dict[str, str] = field(repr=False, compare=False)
    uv: str | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def short(self) -> str:
        """`linux`, `macos` or `windows` if it is what they stand for, else the name."""
        return next((short for short, name in _SHORT.items() if name == self.name), self.name)


@dataclass(frozen=True)
class Target:
    """Where a distribution would be installed."""

    python: PythonVersion
    platform: Platform

    def __str__(self) -> str:
        return f"{self.python} on {self.platform}"

    @cached_property
    def tags(self) -> dict[_tags.Tag, int]:
        """Each wheel tag that fits, with its rank; 0 is what installers prefer.

        As `packaging.tags` orders them, hence as pip does. `abi3t` (PEP 803)
        is included from 3.15t on; `abi3` never fits a free-threaded build.
        """
        version = (self.python.major, self.python.minor)
        interpreter = f"cp{version[0]}{version[1]}"
        ordered = [
            *_tags.cpython_tags(version, abis=[self.python.abi], platforms=self.platform.tags),
            *_tags.compatible_tags(version, interpreter=interpreter, platforms=self.platform.tags),
        ]
        return {tag: rank for rank, tag in reversed(list(enumerate(ordered)))}

    @cached_property
    def environment(self) -> dict[str, str]:
        """The marker environment (PEP 508), with the series' first release."""
        return {
            **self.platform.markers,
            "implementation_name": "cpython",
            "implementation_version": f"{self.python.number}.0",
            "platform_python_implementation": "CPython",
            "python_full_version": f"{self.python.number}.0",
            "python_version": self.python.number,
        }

    def rank(self, tag: str) -> int | None:
        """How well a wheel's tag triple fits; lower is better, None if not at all.

        Args:
            tag: Compressed as in a file name, e.g. `cp314-cp314t-win_amd64`.
        """
        found = self._ranks.get(tag, -1)
        if found == -1:
            ranks = [self.tags[t] for t in _expand(tag) if t in self.tags]
            found = self._ranks[tag] = min(ranks, default=None)
        return found

    @cached_property
    def _ranks(self) -> dict[str, int | None]:
        # A few hundred distinct strings cover hundreds of thousands of files.
        return {}


@cache
def _expand(tag: str) -> tuple[_tags.Tag, ...]:
    parts = tag.split("-")
    if len(parts) != 3:  # python, ABI, platform (PEP 425)
        return ()
    pythons, abis, platforms = (part.lower().split(".") for part in parts)
    return tuple(_tags.Tag(p, a, f) for p in pythons for a in abis for f in platforms)


def names_a_series(text: str) -> bool:
    """Is it `3.14` or `3.14t`, and not a program's name such as `python3.14`?"""
    return re.fullmatch(r"3\.\d+t?", text) is not None


def parse_python(text: str) -> PythonVersion:
    """Read `3.14t` (free-threaded) or `3.14` (GIL-enabled).

    Raises:
        TargetError: Not of that form, or a build that never existed.
    """
    match = re.fullmatch(r"(?:cp|python)?(3)\.?([0-9]{1,2})(t?)", text.strip().lower())
    if match is None:
        raise TargetError(f"{text!r} is no Python target; write e.g. 3.14t, or 3.14 with the GIL")
    version = PythonVersion(int(match[1]), int(match[2]), match[3] == "t")
    if version.free_threaded and version.minor < _OLDEST_FREE_THREADED:
        raise TargetError(
            f"there is no free-threaded build of {version.number}; 3.13t is the first"
        )
    if version.minor < _OLDEST:
        raise TargetError(
            f"Python {version.number} is too old to be a target; 3.{_OLDEST} is the oldest"
        )
    return version


_SHORT = {
    "linux": "x86_64-unknown-linux-gnu",
    "macos": "aarch64-apple-darwin",
    "windows": "x86_64-pc-windows-msvc",
}

_FIXED: dict[str, tuple[str, str]] = {
    "x86_64-pc-windows-msvc": ("windows", "win_amd64"),
    "aarch64-pc-windows-msvc": ("windows", "win_arm64"),
    "i686-pc-windows-msvc": ("windows", "win32"),
    "aarch64-apple-darwin": ("macos", "arm64"),
    "x86_64-apple-darwin": ("macos", "x86_64"),
    # uv takes these to mean the oldest glibc and musl still in common use.
    "x86_64-unknown-linux-gnu": ("manylinux_2_28", "x86_64"),
    "aarch64-unknown-linux-gnu": ("manylinux_2_28", "aarch64"),
    "riscv64-unknown-linux": ("manylinux_2_39", "riscv64"),
    "x86_64-unknown-linux-musl": ("musllinux_1_2", "x86_64"),
    "aarch64-unknown-linux-musl": ("musllinux_1_2", "aarch64"),
}

_MACOS = (13, 0)  # uv's default: the oldest macOS that Apple still maintained
_WINDOWS_MACHINES = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}
# uv evaluates only the markers, and they do not know which libc it is.
_UV_LINUX = {
    "x86_64": "x86_64-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu",
    "riscv64": "riscv64-unknown-linux",
}

KNOWN_PLATFORMS = (
    *_SHORT,
    *_FIXED,
    "x86_64-manylinux2014",
    "x86_64-manylinux_2_<glibc minor>",
    "aarch64-manylinux_2_<glibc minor>",
)


def parse_platform(text: str) -> Platform:
    """Read a platform name of uv's, or `linux`, `macos`, `windows`.

    Beyond uv's list any `<machine>-manylinux_2_<minor>` is understood, since
    it is needed to name this machine exactly.

    Raises:
        TargetError: No such platform; the message lists the known ones.
    """
    name = text.strip().lower()
    name = _SHORT.get(name, name)
    system, machine = _FIXED.get(name, ("", ""))
    if not system and (
        match := re.fullmatch(
            rf"({'|'.join(_UV_LINUX)})-(manylinux2014|manylinux_2_[0-9]{{1,2}}|musllinux_1_[0-9])",
            name,
        )
    ):
        machine, system = match[1], match[2].replace("2014", "_2_17")
    if not system:
        raise TargetError(
            f"{text!r} is no platform that ungil knows; known are {', '.join(KNOWN_PLATFORMS)}"
        )
    if system == "windows":
        markers = _markers("nt", "win32", "Windows", _WINDOWS_MACHINES[machine])
        return Platform(name, (machine,), markers, name)
    if system == "macos":
        tags = tuple(_tags.mac_platforms(_MACOS, machine))
        return Platform(name, tags, _markers("posix", "darwin", "Darwin", machine), name)
    tags = tuple(_linux_tags(system, machine))
    return Platform(name, tags, _markers("posix", "linux", "Linux", machine), _UV_LINUX[machine])


def _markers(os_name: str, sys_platform: str, system: str, machine: str) -> dict[str, str]:
    return {
        "os_name": os_name,
        "platform_machine": machine,
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "sys_platform": sys_platform,
    }


def _linux_tags(system: str, machine: str) -> Iterator[str]:
    libc, major, minor = system.split("_")
    # PEP 600: x86 goes back to glibc 2.5 (manylinux1), the others to 2.17.
    oldest = (5 if machine == "x86_64" else 17) if libc == "manylinux" else 0
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for number in range(int(minor), oldest - 1, -1):
        yield f"{libc}_{major}_{number}_{machine}"
        if libc == "manylinux" and number in legacy:
            yield f"{legacy[number]}_{machine}"
    yield f"linux_{machine}"


@cache
def local_platform() -> Platform:
    """This machine, with the tags its own `packaging` reports.

    The name is the nearest of uv's, with the exact glibc on Linux, so that a
    report made here can be made again elsewhere.
    """
    tags = tuple(_tags.platform_tags())
    machine = _platform.machine()
    if sys.platform == "win32":
        triple = {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686"}
        name = f"{triple.get(machine.lower(), machine.lower())}-pc-windows-msvc"
    elif sys.platform == "darwin":
        name = f"{'aarch64' if machine == 'arm64' else machine}-apple-darwin"
    else:
        libc = (t for t in tags if t.startswith(("manylinux_", "musllinux_")))
        best = next(libc, "linux").removesuffix(f"_{machine}")
        name = f"{machine}-{best}"
    system = {"win32": "Windows", "darwin": "Darwin"}.get(sys.platform, _platform.system())
    os_name = "nt" if sys.platform == "win32" else "posix"
    return Platform(name, tags, _markers(os_name, sys.platform, system, machine))
