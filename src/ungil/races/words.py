"""The names of what a race is about: its variable, its places, its locks, its sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ungil import rules
from ungil.findings import Location
from ungil.races.kinds import Case, field_name
from ungil.races.observed import Conflict
from ungil.races.trace import Mode, Touch

__all__ = ["Words", "joined", "lock_name", "thread_name"]

_MODULE = "module "
_CELL = "function"

# `k not in d`, and `d.get(k, 0)`, of which the first argument is a key.
_TESTED = re.compile(r"(?P<key>.+?)\s+(?:not\s+)?in\s+(?P<base>[^\s].*)")
_CALLED = re.compile(r"(?P<base>[\w.\[\]'\"]+)\.\w+\((?P<key>[\w.]+|'[^']*'|\"[^\"]*\")?.*\)?")


_STEPS = {
    "check": "checks {}, then acts on it",
    "value": "reads {}, then writes it",
    "stack": "puts its own on {}, then takes it away",
}


def lock_name(lock: str) -> str:
    """A lock without where it was taken."""
    return lock.partition(", taken at ")[0]


def thread_name(name: str) -> str:
    """A thread in a sentence: many have a name that says what they are."""
    return name if "thread" in name.lower() else f"thread {name}"


def joined(names: Sequence[str]) -> str:
    """E.g. `a, b and c`."""
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


class Words:
    """Says things about cases, with paths as the user knows them."""

    def __init__(self, folder: Path) -> None:
        """Nothing is said yet.

        Args:
            folder: The working directory.
        """
        self._folder = folder

    def location(self, path: str, line: int) -> Location:
        """A place, from the working directory if it is below."""
        if path.startswith("<"):
            return Location(path, line if line > 0 else None)
        try:
            shown = Path(path).relative_to(self._folder).as_posix()
        except ValueError:
            shown = path.replace("\\", "/")
        return Location(shown, line if line > 0 else None)

    def place(self, touch: Touch) -> str:
        """E.g. `app/reg.py:31`."""
        return str(self.location(touch.site.path, touch.site.line))

    def lock(self, lock: str) -> str:
        """A lock and where it was taken, e.g. "`self._lock` (taken at app/reg.py:20)"."""
        name, taken, where = lock.partition(", taken at ")
        path, _, line = where.rpartition(":")
        if path and line.isdecimal():
            where = str(self.location(path, int(line)))
        return f"`{name}` (taken at {where})" if taken else f"`{name}`"

    # The variable.

    def expression(self, conflict: Conflict, touch: Touch) -> str:
        """The variable as the source has it."""
        text = touch.site.text.removesuffix("…").strip()
        if conflict.part in {"structure", "item", "iterator"}:
            for pattern in (_TESTED, _CALLED):
                if found := pattern.fullmatch(text):
                    keyed = conflict.part == "item" and found["key"]
                    text = f"{found['base']}[{found['key']}]" if keyed else found["base"]
        return text or touch.name or conflict.kind or "a value"

    def subject(self, case: Case) -> str:
        """The variable as the user would call it, e.g. `Counter.n`."""
        conflict, touch = case.conflict, case.acting.touch
        if case.fields:
            return f"{self._owner(conflict.kind)}: {', '.join(self.fields(case))}"
        if conflict.part in {"attribute", "variable"} and touch.name:
            owner = self._owner(conflict.kind)
            return f"{owner}.{touch.name}" if owner not in {"", _CELL} else touch.name
        text = self.expression(conflict, touch)
        around = touch.function.split(".")[:-1]
        if text.startswith("self.") and around and around[-1] != "<locals>":
            return f"{around[-1]}{text[4:]}"
        return text

    def variable(self, case: Case) -> str:
        """The variable in a sentence, e.g. "`self.n` of `Counter`"."""
        conflict = case.conflict
        text = f"`{self.expression(conflict, case.acting.touch)}`"
        kind = conflict.kind
        if case.fields:
            return f"{joined([f'`{name}`' for name in self.fields(case)])} of `{self._owner(kind)}`"
        if conflict.part == "variable":
            if kind.startswith(_MODULE):
                return f"{text} of module `{self._owner(kind)}`"
            return f"{text}, which functions share,"
        if conflict.part == "attribute" or (conflict.part == "item" and kind):
            return f"{text} of {_of(kind)}" if kind else text
        return f"{text}, {_a(kind)}," if kind else text

    def _owner(self, kind: str) -> str:
        """A type, or a module, of which only the file may be known."""
        name = kind.removeprefix(_MODULE)
        if name == kind or not name.endswith(".py"):
            return name
        shown = self.location(name, 0).path.removesuffix(".py")
        return shown.rpartition("/")[2] if shown.startswith("/") else shown.replace("/", ".")

    def fields(self, case: Case) -> list[str]:
        """The names of the values that belong together."""
        conflicts = (case.conflict, *case.fields)
        return list(dict.fromkeys(map(field_name, conflicts)))

    # The sides.

    def threads(self, case: Case) -> tuple[str, str]:
        """The names of the acting thread and of the other."""
        one, other = thread_name(case.acting.thread), thread_name(case.other.thread)
        return one, f"another {other}" if one == other else other

    def title(self, case: Case, *, acting: bool) -> str:
        """What a side did, e.g. `Thread-1 updates self.n in Counter.add, holding self._lock`.

        Args:
            case: The race.
            acting: Which side.
        """
        conflict = case.conflict
        side = case.acting if acting else case.other
        text = self.expression(conflict, side.touch)
        mode = conflict.first_mode if side is conflict.first else conflict.second_mode
        if case.fields:
            text = ", ".join(self.fields(case))
        if acting and case.compound is not None:
            does = _STEPS.get(case.compound.how, _STEPS["value"])
        elif conflict.part == "iterator":
            does = "takes from {}"
        elif acting and case.rule is rules.MUTATED_WHILE_ITERATED:
            does = "goes through {}"
        elif conflict.part == "structure" and mode.writes:
            does = "changes {}"
        else:
            does = {Mode.READ: "reads {}", Mode.WRITE: "writes {}"}.get(mode, "updates {}")
        where = f" in {side.touch.function}" if side.touch.function else ""
        names = ", ".join(map(lock_name, side.locks))
        holding = f", holding {names}" if names else ""
        return f"{thread_name(side.thread)} {does.replace('{}', text)}{where}{holding}"


def _of(kind: str) -> str:
    if kind.startswith(_MODULE):
        return f"module `{kind.removeprefix(_MODULE)}`"
    return f"`{kind}`" if kind[:1].isupper() or "." in kind else f"a `{kind}`"


def _a(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in set('aeiou') else 'a'} `{kind}`"
