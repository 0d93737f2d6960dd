"""Which file of a project directory to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.pylock import is_valid_pylock_path

from ungil.project.places import Place
from ungil.project.pyproject import declares_dependencies
from ungil.project.wheels import SDIST_SUFFIXES

__all__ = ["Choice", "choose_in"]

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_REQUIREMENTS = ("requirements.txt", "requirements.in")
# In requirements/, what an application runs with.
_MAIN = ("requirements.txt", "main.txt", "base.txt", "prod.txt", "production.txt")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a directory offers.

    Attributes:
        place: The file to read; the directory itself where it is one of wheels.
        passed_over: Other files of the directory that could have been read.
    """

    place: Place
    passed_over: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """What to tell about the choice, None if there was none."""
        if not self.passed_over:
            return None
        return f"{self.place.label} was read; passed over: {', '.join(self.passed_over)}."


def choose_in(directory: Place) -> Choice:
    """The best description of what a project would install.

    A lock before what it was made from, the standard lock before the tools'
    own, pyproject.toml before requirements files.

    Raises:
        SubjectError: There is nothing to read.
    """
    names = directory.entries()
    found = list(dict.fromkeys(_candidates(directory, names)))
    if found:
        # A lock is made from the pyproject.toml, which is not passed over by it.
        others = [name for name in found[1:] if name != "pyproject.toml"]
        return Choice(
            directory.inside(found[0]), tuple(directory.inside(name).label for name in others)
        )
    if any(name.endswith(".whl") for name in names):
        return Choice(directory)
    hint = ""
    if any(name.endswith(SDIST_SUFFIXES) for name in names):
        hint = " (an sdist has to be built first)"
    elif "setup.py" in names or "setup.cfg" in names:
        hint = " (setup.py is never run)"
    raise directory.problem(
        f"has no lock, no pyproject.toml with dependencies, no requirements file and no wheel{hint}"
        "; name what to check"
    )


def _candidates(directory: Place, names: list[str]) -> Iterator[str]:
    # "pylock.toml" sorts before its variants only by chance of the dot.
    pylocks = [name for name in names if is_valid_pylock_path(Path(name))]
    yield from sorted(pylocks, key=lambda name: (name != "pylock.toml", name))
    yield from (name for name in _LOCKS if name in names)
    if "pyproject.toml" in names and declares_dependencies(
        directory.inside("pyproject.toml").read()
    ):
        yield "pyproject.toml"
    yield from (name for name in _REQUIREMENTS if name in names)
    folder = directory.inside("requirements")
    if "requirements" in names and folder.path.is_dir():
        inside = [name for name in folder.entries() if name.endswith((".txt", ".in"))]
        yield from (f"requirements/{name}" for name in _MAIN if name in inside)
        if len(inside) == 1:
            yield f"requirements/{inside[0]}"
    yield from (n for n in names if n.startswith("requirements") and n.endswith((".txt", ".in")))
