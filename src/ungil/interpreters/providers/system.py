"""The package manager of the system; its commands are shown, and never run."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ungil.interpreters.programs import which
from ungil.interpreters.providers.offer import Offer, Refusal, consult
from ungil.target import PythonVersion

__all__ = ["System"]


@dataclass(frozen=True, slots=True)
class _Manager:
    """A package manager, with `{dotted}` (3.14) and `{plain}` (314) in its texts.

    Attributes:
        program: Its name.
        package: What it calls the free-threaded build.
        query: The arguments that ask whether it carries the package.
        install: The arguments that install it.
        privileged: Only an administrator may.
        hint: Where the package may be if it is not there.
    """

    program: str
    package: str
    query: tuple[str, ...]
    install: tuple[str, ...]
    privileged: bool = True
    hint: str = ""


_MANAGERS = (
    # PPA deadsnakes, for Ubuntu; Debian has none.
    _Manager(
        "apt-get",
        "python{dotted}-nogil",
        ("apt-cache", "show", "--no-all-versions"),
        ("apt-get", "install"),
        hint="; for Ubuntu the PPA deadsnakes has it: sudo add-apt-repository ppa:deadsnakes/ppa",
    ),
    _Manager(
        "dnf",
        "python{dotted}-freethreading",
        ("dnf", "--quiet", "--cacheonly", "repoquery"),
        ("dnf", "install"),
    ),
    _Manager(
        "zypper",
        "python{plain}-nogil",
        ("zypper", "--non-interactive", "--no-refresh", "search", "--match-exact"),
        ("zypper", "install"),
    ),
    # Homebrew's has no version in its name: it is the newest series.
    _Manager("brew", "python-freethreading", ("brew", "info"), ("brew", "install"), False),
    _Manager("port", "python{plain}-freethreading", ("port", "info"), ("port", "install")),
    # The install manager of python.org, for Windows.
    _Manager("py", "{dotted}t", ("py", "list", "--online"), ("py", "install"), False),
)


class System:
    """The first package manager that is here."""

    def offer(self, python: PythonVersion) -> Offer | Refusal:
        """See `Provider.offer`."""
        for manager in _MANAGERS:
            # On other systems `py` is somebody else's.
            if (manager.program == "py") == (sys.platform == "win32") and which(manager.program):
                return _offer(manager, python)
        return Refusal("system", "none of its package managers is known to ungil")


def _offer(manager: _Manager, python: PythonVersion) -> Offer | Refusal:
    plain = python.number.replace(".", "")
    package = manager.package.format(dotted=python.number, plain=plain)
    name = manager.program
    asking = which(manager.query[0])
    if asking is None:
        return Refusal(name, f"{manager.query[0]} is not on PATH")
    with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
        answer = consult((asking, *manager.query[1:], package), Path(folder))
    if answer is None or answer.code is None:
        return Refusal(name, f"it does not say whether it carries {package}")
    said = answer.output.decode("utf-8", "replace")
    # dnf says nothing and ends well if there is none; brew has one series only.
    if answer.code != 0 or not said.strip():
        return Refusal(name, f"it knows no {package}{manager.hint}")
    if "{" not in manager.package and python.number not in said:
        return Refusal(name, f"its {package} is of another series than {python.number}")
    sudo = ("sudo",) if manager.privileged else ()
    remark = "for the whole machine, so ungil does not run it"
    return Offer(name, (*sudo, *manager.install, package), remark, by_hand=True)
