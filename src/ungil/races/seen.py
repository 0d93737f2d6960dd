"""What a run was seen to do, found by the touches that did it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ungil.races.containers import KEYED, SEQUENCES, is_a, only_adds
from ungil.races.observed import Compound, Conflict, Observation
from ungil.races.trace import Mode, Touch

__all__ = ["Seen"]

_Key = tuple[object, ...]


class Seen:
    """A run, to be asked about its touches."""

    def __init__(self, observation: Observation) -> None:
        """Put it in order.

        Args:
            observation: The run.
        """
        self._by_read: dict[_Key, list[Compound]] = {}
        self._by_act: dict[_Key, list[Compound]] = {}
        self._checks: dict[tuple[str, str], list[Touch]] = {}
        self._claims: dict[tuple[str, str], list[Touch]] = {}
        self._writing: set[_Key] = set()
        self._written_to: dict[_Key, set[str]] = {}
        for compound in observation.compounds:
            read, act = compound.read, compound.act
            self._by_read.setdefault(_key(read), []).append(compound)
            self._by_act.setdefault(_key(act), []).append(compound)
            if compound.how == "check":
                self._checks.setdefault((read.form, read.name), []).append(read)
                if not compound.parted and _claims(act):
                    self._claims.setdefault((act.site.path, act.function), []).append(act)
        for conflict in observation.conflicts:
            sides = (conflict.first, conflict.first_mode), (conflict.second, conflict.second_mode)
            for (mine, mode), (_, other_mode) in (sides, sides[::-1]):
                if mode.writes:
                    self._writing.add(_key(mine.touch))
                if other_mode.writes and not conflict.exclusive:
                    self._written_to.setdefault(_key(mine.touch), set()).add(conflict.part)

    def begun_by(self, touch: Touch) -> Sequence[Compound]:
        """The steps that a touch is the first half of."""
        return self._by_read.get(_key(touch), ())

    def ended_by(self, touch: Touch) -> Sequence[Compound]:
        """The steps that a touch is the second half of."""
        return self._by_act.get(_key(touch), ())

    def around(self, touch: Touch, conflict: Conflict) -> Iterator[Compound]:
        """The steps that a touch is half of, and that such a conflict can break."""
        for compound in self.begun_by(touch):
            if not self._checked_again(compound):
                yield compound
        for compound in self.ended_by(touch):
            if self._is_about(compound.read, conflict):
                yield compound

    def checks_like(self, touch: Touch) -> Sequence[Touch]:
        """The checks, wherever they are, of what goes by the same name."""
        return self._checks.get((touch.form, touch.name), ())

    def claims_in(self, path: str, function: str) -> Sequence[Touch]:
        """Where a function puts something for others to find, after it has checked for it."""
        return self._claims.get((path, function), ())

    def writes(self, touch: Touch) -> bool:
        """Did it turn out to write, whatever it looks like?"""
        return _key(touch) in self._writing

    def is_broken_into(self, touch: Touch) -> bool:
        """Did another thread write to the same without a lock that keeps the two apart?"""
        return _key(touch) in self._written_to

    def _checked_again(self, compound: Compound) -> bool:
        """Is there a nearer check of it that nobody can break into?

        Double-checked locking: the outer check is only there to save the lock.
        """
        return any(
            _key(nearer.read) != _key(compound.read)
            and nearer.read.site.line >= compound.read.site.line
            and not self.is_broken_into(nearer.read)
            for nearer in self.ended_by(compound.act)
            if nearer.how == compound.how == "check"
        )

    def _is_about(self, read: Touch, conflict: Conflict) -> bool:
        """Is what was read what the conflict is about, rather than another part of the object?

        Threads that each store their own key change the keys of one dict: its structure,
        of which the check for a key is no check.
        """
        if conflict.part not in {"item", "structure"} or is_a(conflict, SEQUENCES):
            return True
        keyed = read.form in KEYED
        written_to = self._written_to.get(_key(read), ())
        return keyed is (conflict.part == "item") or conflict.part in written_to


def _claims(touch: Touch) -> bool:
    """Does it put something where it can be found?"""
    stores = touch.mode is Mode.WRITE and not touch.clears
    return stores or touch.name == "setdefault" or (only_adds(touch) and touch.name == "add")


def _key(touch: Touch) -> _Key:
    """What tells touches apart: not `after`, which is long and the same for the same place."""
    return (touch.site, touch.form, touch.mode, touch.name, touch.function, touch.clears)
