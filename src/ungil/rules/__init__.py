"""Every rule ungil can report, by code.

A code never changes its meaning and is never used again for another. The page
of each rule stands beside this file and is what `ungil explain` prints; the
documentation site shows the same text.

Numbering: UG10x and UG11x say how a distribution stands on a target, UG12x
say why that could not be found out, UG13x are about ungil's configuration.
"""

from __future__ import annotations

from ungil.findings import Rule, Severity

FREE_THREADED_WHEEL = Rule(
    "UG100", "free-threaded-wheel", Severity.NOTE, "A wheel built for the free-threaded ABI fits"
)
NOTHING_FITS = Rule(
    "UG101", "nothing-fits", Severity.ERROR, "No wheel fits the target and there is no source"
)
PYTHON_EXCLUDED = Rule(
    "UG102", "python-excluded", Severity.ERROR, "Requires-Python excludes the target"
)
WRONG_PLATFORM = Rule(
    "UG103",
    "wrong-platform",
    Severity.ERROR,
    "Free-threaded wheels exist, but for other platforms only",
)
ABI3_ONLY = Rule(
    "UG104", "abi3-only", Severity.ERROR, "Only abi3 wheels, which no free-threaded build takes"
)
SOURCE_ONLY = Rule(
    "UG105", "source-only", Severity.WARNING, "Only the source distribution fits: it gets built"
)
PURE_FALLBACK = Rule(
    "UG106",
    "pure-fallback",
    Severity.WARNING,
    "A pure-Python wheel silently replaces the compiled one",
)
OLDER_CHOSEN = Rule(
    "UG107",
    "older-chosen",
    Severity.WARNING,
    "An older version is silently chosen because newer ones do not fit",
)
YANKED = Rule("UG108", "yanked", Severity.WARNING, "The pinned version was yanked")
IMPOSSIBLE_TAG = Rule(
    "UG109", "impossible-tag", Severity.ERROR, "The wheel's tag fits no Python that exists"
)
PURE_PYTHON = Rule("UG110", "pure-python", Severity.NOTE, "A pure-Python wheel fits every Python")
NO_PYTHON_ABI = Rule(
    "UG111",
    "no-python-abi",
    Severity.NOTE,
    "A platform wheel without a Python ABI fits (a program, or a library for ctypes)",
)
GIL_ENABLED_WHEEL = Rule(
    "UG112", "gil-enabled-wheel", Severity.NOTE, "A wheel fits the GIL-enabled target"
)
STALE_LOCK = Rule(
    "UG113", "stale-lock", Severity.WARNING, "The index has a fitting wheel the lock does not list"
)
HASH_MISMATCH = Rule(
    "UG114", "hash-mismatch", Severity.ERROR, "The index serves other bytes than the lock allows"
)
UNKNOWN_NAME = Rule("UG120", "unknown-name", Severity.UNKNOWN, "The index has no such project")
NOT_INDEXED = Rule(
    "UG121", "not-indexed", Severity.UNKNOWN, "A VCS, URL, path or editable requirement"
)
INDEX_UNAVAILABLE = Rule(
    "UG122", "index-unavailable", Severity.UNKNOWN, "The index gave no usable answer"
)
UNKNOWN_VERSION = Rule(
    "UG123", "unknown-version", Severity.UNKNOWN, "The index has the project, but not this version"
)
UNRESOLVABLE = Rule(
    "UG124", "unresolvable", Severity.UNKNOWN, "No set of versions satisfies the requirements"
)
UNREADABLE_WHEEL = Rule("UG125", "unreadable-wheel", Severity.UNKNOWN, "The wheel cannot be read")
DEPENDENCIES_UNKNOWN = Rule(
    "UG126",
    "dependencies-unknown",
    Severity.UNKNOWN,
    "What it depends on is known only after a build",
)
IGNORE_EXPIRED = Rule("UG130", "ignore-expired", Severity.WARNING, "An ignore is past its date")
IGNORE_UNUSED = Rule("UG131", "ignore-unused", Severity.NOTE, "An ignore matches nothing")

RULES: dict[str, Rule] = {
    rule.code: rule for rule in list(globals().values()) if isinstance(rule, Rule)
}
"""All rules, in the order of their codes."""
