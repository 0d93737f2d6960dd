"""An earlier report, read back from JSON or from the page that carries it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ungil.ecosystem.model import SCHEMA_VERSION, Survey
from ungil.ecosystem.reading import ListError, read_text
from ungil.page import ISLAND

__all__ = ["read_earlier"]


class _Versioned(msgspec.Struct):
    schema_version: int


def read_earlier(path: Path) -> Survey:
    """Read the survey in a file that `--format json` or `--format html` wrote.

    Raises:
        ListError: It cannot be read, or is no such file.
    """
    text = read_text(path)
    if not text.lstrip().startswith("{"):
        _, found, rest = text.partition(ISLAND)
        if not found:
            raise ListError(
                f"{path}: holds no report of ungil ecosystem; name a file that --format json or "
                "--format html wrote"
            )
        text = rest.partition("</script>")[0]
    try:
        version = msgspec.json.decode(text, type=_Versioned).schema_version
        if version != SCHEMA_VERSION:
            raise ListError(
                f"{path}: its format is of version {version}, and this ungil reads "
                f"{SCHEMA_VERSION}; make it again"
            )
        found_survey = msgspec.json.decode(text, type=Survey)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ListError(f"{path}: is no report of ungil ecosystem ({error})") from None
    views = {view.id for view in found_survey.views}
    if any(views - package.timelines.keys() for package in found_survey.packages):
        raise ListError(f"{path}: is no report of ungil ecosystem (a timeline is missing)")
    return found_survey
