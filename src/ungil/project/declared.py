"""What a project asks for before anything is locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ungil.project.conditions import Conditions, choose
from ungil.project.model import Selection, Wanted
from ungil.project.pins import unindexed
from ungil.project.places import Document
from ungil.project.poetry_constraints import admitting
from ungil.project.requirement import parse_requirement, parse_specifiers, url_kind

__all__ = ["Asked", "Project", "asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One dependency that a project declares.

    Attributes:
        requirement: Parsed.
        text: As written, or what a Poetry table comes to.
        document: The file it stands in.
        line: Where it stands there.
        address: Where it comes from if not from an index, else None.
        kind: What `Unindexed.kind` says of it.
    """

    requirement: Requirement
    text: str
    document: Document
    line: int | None
    address: str | None = None
    kind: str = ""

    @property
    def name(self) -> str:
        """Normalised."""
        return canonicalize_name(self.requirement.name)


def asked(document: Document, text: str, line: int | None) -> Asked:
    """The dependency that `text` declares.

    Raises:
        SubjectError: It is no requirement.
    """
    try:
        requirement = parse_requirement(text)
    except ValueError as error:
        raise document.problem(f"{error}; correct it", line) from None
    if requirement.url is None:
        return Asked(requirement, text, document, line)
    return Asked(requirement, text, document, line, requirement.url, url_kind(requirement.url))


@dataclass(frozen=True)
class Project:
    """The declarations of one pyproject.toml; a `Subject`.

    Attributes:
        document: Where they stand.
        name: Normalised, None for a folder that is no distribution.
        requires_python: PEP 440, or Poetry's notation.
        dependencies: What is always needed.
        extras: What each extra adds, by normalised name.
        groups: What each dependency group holds, by normalised name, with
            the groups it includes.
        optional_groups: Groups that Poetry leaves out by default.
        default_groups: `tool.uv.default-groups`, None if not set.
        hidden: Why `dependencies` cannot be known, empty if they are.
        constraints: What limits versions.
        notes: What was seen and not followed.
        indexes: See `Selection`.
        extra_indexes: See `Selection`.
    """

    document: Document
    name: str | None
    requires_python: str | None
    dependencies: tuple[Asked, ...] = ()
    extras: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    optional_groups: frozenset[str] = frozenset()
    default_groups: list[str] | str | None = None
    hidden: str = ""
    constraints: tuple[Wanted, ...] = ()
    notes: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    extra_indexes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """See `Subject.path`."""
        return self.document.place.label

    def asks(self, extras: Iterable[str], groups: Iterable[str]) -> list[Asked]:
        """What the project asks for with some of its extras and groups.

        Names it does not have are passed over. Its own extras, asked for as
        `project[extra]`, are followed and do not appear themselves.
        """
        found: list[Asked] = []
        queue = list(self.dependencies)
        seen: set[str] = set()

        def enter(names: Iterable[str]) -> None:
            for name in sorted(set(names) - seen):
                seen.add(name)
                queue.extend(self.extras.get(name, ()))

        for group in sorted(set(groups)):
            queue += self.groups.get(group, ())
        enter(extras)
        for one in queue:  # grows on the way
            if one.name == self.name and one.address is None:
                enter(map(canonicalize_name, one.requirement.extras))
            else:
                found.append(one)
        return list(dict.fromkeys(found))

    def direct(self, extras: Iterable[str], groups: Iterable[str]) -> frozenset[str] | None:
        """The names the project asks for itself, None if it hides them."""
        if self.hidden:
            return None
        return frozenset(one.name for one in self.asks(extras, groups))

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        """See `Subject.select`; no group by default, as for `pip install`."""
        if self.hidden:
            raise self.document.problem(self.hidden)
        choose(self.document, "extra", extras, self.extras)
        choose(self.document, "group", groups or (), self.groups)
        conditions = Conditions(environment)
        asks = [
            one
            for one in self.asks(extras, groups or ())
            if conditions.hold(one.requirement.marker, one.document, one.line)
        ]
        return Selection(
            wanted=tuple(
                Wanted(one.text, one.document.at(one.line)) for one in asks if one.address is None
            ),
            constraints=self.constraints,
            unindexed=tuple(
                unindexed(one.document, one.name, one.address, one.kind, one.line)
                for one in asks
                if one.address is not None
            ),
            requires_python=self._admitting(environment["python_full_version"]),
            notes=self.notes,
            indexes=self.indexes,
            extra_indexes=self.extra_indexes,
        )

    def _admitting(self, python: str) -> str | None:
        text = self.requires_python
        if text is None:
            return None
        try:
            parse_specifiers(text)
        except ValueError:
            try:
                return admitting(text, python)
            except ValueError:
                line = self.document.line_of(text)
                raise self.document.problem(
                    f"{text[:100]!r} is no version specifier for Python; correct it", line
                ) from None
        return text
