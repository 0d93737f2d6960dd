"""The whole survey as JSON: its own fields, as `model` describes them."""

import msgspec

from ungil.ecosystem.model import Survey

__all__ = ["render"]


def render(survey: Survey) -> str:
    """One object, indented."""
    return msgspec.json.format(msgspec.json.encode(survey), indent=1).decode() + "\n"
