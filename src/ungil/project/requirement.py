"""Requirements and version specifiers as text, with errors a person can use."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from ungil.project.addresses import without_credentials

__all__ = ["parse_requirement", "parse_specifiers", "url_kind"]


def parse_requirement(text: str) -> Requirement:
    """`text` as PEP 508.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/

    Raises:
        ValueError: It is not; the message is one line, without credentials.
    """
    shown = without_credentials(text if len(text) <= 200 else f"{text[:200]}…")
    try:
        requirement = Requirement(text)
        _probe(requirement.specifier)
    except InvalidRequirement as error:
        # Its further lines draw the text with a caret under it.
        reason = without_credentials(str(error).partition("\n")[0])
    except RecursionError:
        reason = "it nests too deeply"
    except ValueError:
        reason = "its version is absurdly long"
    else:
        return requirement
    raise ValueError(f"{shown!r} is no requirement: {reason}")


def parse_specifiers(text: str) -> SpecifierSet:
    """`text` as PEP 440 version specifiers.

    Raises:
        ValueError: It is not.
    """
    specifiers = SpecifierSet(text)
    _probe(specifiers)
    return specifiers


def _probe(specifiers: SpecifierSet) -> None:
    # Numbers are converted late, and Python converts none of more than 4300
    # digits: better here than in the middle of a run.
    specifiers.contains("0", prereleases=True)


def url_kind(url: str) -> str:
    """What `Unindexed.kind` says of a URL."""
    scheme = url.partition(":")[0].lower()
    if "+" in scheme:
        return "vcs"
    return "path" if scheme == "file" else "url"
