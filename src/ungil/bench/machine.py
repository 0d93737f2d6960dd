"""What the machine is, as far as it tells, and how much of it may be used.

A container may be given half a processor of a machine that shows sixty-four. So what counts is
the least of what the scheduler allows (sched_setaffinity(2), which a cpuset changes as well)
and of the shares of time of all control groups around this process
(https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu,
https://docs.kernel.org/scheduler/sched-bwc.html).
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ungil.bench.model import Machine

__all__ = ["machine"]

_GROUPS = "sys/fs/cgroup"
_NO_LIMIT = 1 << 60
"""Version 1 says that there is no limit of memory with a very large one."""


def machine(root: Path = Path("/")) -> Machine:
    """Ask the operating system.

    Args:
        root: Where `proc` and `sys` are; another one for tests.
    """
    affinity = _affinity()
    count = os.cpu_count()
    version, folders = _control_groups(root)
    quota = min(_quotas(version, folders), default=None)
    allowed = affinity or count or 1
    first = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return Machine(
        model=_model(root),
        processors=count,
        affinity=affinity,
        quota=quota,
        usable=float(allowed if quota is None else min(allowed, quota)),
        cgroup=version,
        cpuset=_cpuset(version, folders),
        governor=_line(root / f"sys/devices/system/cpu/cpu{first}/cpufreq/scaling_governor"),
        turbo=_turbo(root),
        load=_load(),
        memory=min((*_memory(), *_memory_limits(version, folders)), default=None),
        system=f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        container=_container(root),
    )


def _affinity() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _line(path: Path) -> str:
    """The first line of a file; empty if there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _model(root: Path) -> str:
    try:
        lines = (root / "proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "model name" and value.strip():
            return value.strip()
    return platform.processor()


def _turbo(root: Path) -> bool | None:
    cpu = root / "sys/devices/system/cpu"
    forbidden = {"0": True, "1": False}.get(_line(cpu / "intel_pstate/no_turbo"))
    boost = {"0": False, "1": True}.get(_line(cpu / "cpufreq/boost"))
    return boost if forbidden is None else forbidden


def _load() -> tuple[float, ...]:
    try:
        return os.getloadavg()
    except (AttributeError, OSError):
        return ()


def _memory() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return


def _control_groups(root: Path) -> tuple[str, dict[str, list[Path]]]:
    """The version, and for each controller the groups around this process, inmost first.

    Inside a container the path that the kernel tells may be one of the host's. What is not
    there is passed over when files are read; the root of the mount is always tried.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "", {}
    mount = root / _GROUPS
    first: dict[str, list[Path]] = {}
    second: dict[str, list[Path]] = {}
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            second["cpu"] = second["cpuset"] = second["memory"] = _upwards(mount, path)
        for one in controllers.split(","):
            # Mounted by itself, or with others of which it mostly has a link of its own.
            first[one] = [
                *_upwards(mount / one, path),
                *(_upwards(mount / controllers, path) if controllers != one else ()),
            ]
    # Where both are there, the old one has the controllers, and the new one none.
    if (mount / "cgroup.controllers").exists():
        return "v2", second
    return ("v1", first) if "cpu" in first else ("", {})


def _upwards(mount: Path, path: str) -> list[Path]:
    inside = PurePosixPath(path.lstrip("/"))
    # A path that leads outside is that of a group beyond this namespace.
    if ".." in inside.parts:
        return [mount]
    return [mount / inside, *(mount / parent for parent in inside.parents)]


def _quotas(version: str, groups: dict[str, list[Path]]) -> Iterator[float]:
    for folder in groups.get("cpu", ()):
        if version == "v2":
            quota, _, period = _line(folder / "cpu.max").partition(" ")
        else:
            quota = _line(folder / "cpu.cfs_quota_us")
            period = _line(folder / "cpu.cfs_period_us")
        share, every = _number(quota), _number(period)
        if share and every:
            yield share / every


def _cpuset(version: str, groups: dict[str, list[Path]]) -> str:
    name = "cpuset.cpus.effective" if version == "v2" else "cpuset.cpus"
    found = (_line(folder / name) for folder in groups.get("cpuset", ()))
    return next(filter(None, found), "")


def _memory_limits(version: str, groups: dict[str, list[Path]]) -> Iterator[int]:
    name = "memory.max" if version == "v2" else "memory.limit_in_bytes"
    for folder in groups.get("memory", ()):
        limit = _number(_line(folder / name))
        if limit and limit < _NO_LIMIT:
            yield limit


def _container(root: Path) -> str:
    # What is in it: systemd's Container Interface, and the files of the two that write one.
    named = os.environ.get("container", "")  # noqa: SIM112 - that is how systemd spells it
    if named:
        return named
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "kubernetes"
    if (root / ".dockerenv").exists():
        return "docker"
    return "podman" if (root / "run/.containerenv").exists() else ""
