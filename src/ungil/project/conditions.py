"""Markers: whether an entry of a lock or a requirement counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker

from ungil.project.places import Document

__all__ = ["Conditions", "choose"]

# `extra == "x"` compares with one extra, but several may be active; PEP 751's
# `"x" in extras` says what the tools that write such locks mean.
_EXTRA = re.compile(
    r"""\bextra\s*(?P<op>==|!=)\s*(?P<q>['"])(?P<name>[^'"]*)(?P=q)"""
    r"""|(?P<q2>['"])(?P<name2>[^'"]*)(?P=q2)\s*(?P<op2>==|!=)\s*extra\b"""
)


def _in_extras(match: re.Match[str]) -> str:
    word = "in" if (match["op"] or match["op2"]) == "==" else "not in"
    name = match["name"] if match["op"] else match["name2"]
    return f"'{name}' {word} extras"


@lru_cache(maxsize=4096)
def _parsed(marker: str) -> Marker:
    return Marker(_EXTRA.sub(_in_extras, marker))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What markers are held against.

    Attributes:
        environment: A full PEP 508 marker environment.
        extras: Active extras, normalised.
        groups: Active dependency groups, normalised.
    """

    environment: Mapping[str, str]
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def hold(self, marker: object, document: Document, line: int | None = None) -> bool:
        """Does `marker` hold? None and the empty marker always do.

        Args:
            marker: Text, or what prints as a marker.
            document: Where it stands, for the message.
            line: Likewise.

        Raises:
            SubjectError: It is no marker, or compares what cannot be compared.
        """
        text = "" if marker is None else str(marker)
        if not text.strip():
            return True
        context: dict[str, str | AbstractSet[str]] = {
            **self.environment,
            "extra": "",
            "extras": self.extras,
            "dependency_groups": self.groups,
        }
        try:
            return _parsed(text).evaluate(context, "lock_file")
        except InvalidMarker:
            reason = "is no marker"
        # Comparing what are no versions fails in several ways, all of them
        # ValueErrors or, for a variable that this kind of marker has not, KeyErrors.
        except (ValueError, KeyError, TypeError):
            reason = "compares what cannot be compared"
        except RecursionError:
            reason = "nests too deeply"
        raise document.problem(f"the marker {text[:200]!r} {reason}; correct it", line)


def choose(
    document: Document, what: str, asked: Iterable[str], known: Iterable[str]
) -> frozenset[str]:
    """`asked`, if the subject has all of them.

    Args:
        document: What was read.
        what: `extra` or `group`.
        asked: Normalised names.
        known: Likewise.

    Raises:
        SubjectError: One of them is not known; the message names those that are.
    """
    asked, known = frozenset(asked), frozenset(known)
    if missing := sorted(asked - known):
        have = f"it has {', '.join(sorted(known))}" if known else "it has none"
        raise document.problem(f"there is no {what} {missing[0]!r}; {have}")
    return asked
