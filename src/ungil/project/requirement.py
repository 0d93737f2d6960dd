"""One requirement as text (PEP 508), with errors a person can use."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from ungil.project.addresses import without_credentials

__all__ = ["parse_requirement", "url_kind"]


def parse_requirement(text: str) -> Requirement:
    """`text` as PEP 508.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/

    Raises:
        ValueError: It is not; the message is one line, without credentials.
    """
    shown = without_credentials(text if len(text) <= 200 else f"{text[:200]}…")
    try:
        requirement = Requirement(text)
        for specifier in requirement.specifier:
            if specifier.operator != "===":
                Version(specifier.version.removesuffix(".*"))
    except InvalidRequirement as error:
        # Its further lines draw the text with a caret under it.
        reason = without_credentials(str(error).partition("\n")[0])
    except RecursionError:
        reason = "it nests too deeply"
    # Python converts no number of more than 4300 digits, nor does a version have them.
    except ValueError:
        reason = "its version is absurdly long"
    else:
        return requirement
    raise ValueError(f"{shown!r} is no requirement: {reason}")


def url_kind(url: str) -> str:
    """What `Unindexed.kind` says of a URL."""
    scheme = url.partition(":")[0].lower()
    if "+" in scheme:
        return "vcs"
    return "path" if scheme == "file" else "url"
