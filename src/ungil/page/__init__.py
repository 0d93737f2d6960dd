"""One HTML page that needs nothing else and loads nothing: what reports are put into.

Whatever slipped into a page could load nothing, run nothing and send nothing: its
policy (https://www.w3.org/TR/CSP3/) allows this very style sheet and this very script.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib import resources
from string import Template
from typing import Any
from xml.etree.ElementTree import Element

from ungil.findings import printable

__all__ = ["FRAME", "ISLAND", "drawn", "page", "text"]

ISLAND = '<script id="data" type="application/json">'
"""Behind this a page carries its data, up to the next `</script>`."""


FRAME: dict[str, Any] = {
    "js": [],
    "css": [],
    "width": 900,
    "margin": 8,
    "no_prefix": True,
    "disable_xml_declaration": True,
    "show_legend": False,
    "include_x_axis": True,
}
"""What a chart of pygal's has to be given for `drawn`."""


def page(title: str, body: str, *, style: str = "", script: str = "", data: str = "") -> str:
    """The page, in plain ASCII, so that no encoding can spoil it.

    Args:
        title: Text.
        body: HTML.
        style: CSS beside that of all pages.
        script: JavaScript, in ASCII; it is run at the end.
        data: JSON, in ASCII, for the script to read.
    """
    sheet = _base() + style
    policy = f"default-src 'none'; style-src '{_digest(sheet)}'; "
    scripts = ""
    if data:
        # Nothing in the data may end the element that holds it.
        scripts += f"{ISLAND}{data.replace('<', chr(92) + 'u003c')}</script>\n"
    if script:
        policy += f"script-src '{_digest(script)}'; "
        scripts += f"<script>{script}</script>\n"
    shell = (resources.files("ungil.page") / "page.html").read_text("utf-8")
    made = Template(shell).substitute(
        policy=f"{policy}base-uri 'none'; form-action 'none'",
        title=text(title),
        style=sheet,
        body=body,
        scripts=scripts,
    )
    return made.encode("ascii", "xmlcharrefreplace").decode("ascii")


def text(somebodys: str) -> str:
    """Somebody else's text as HTML. Control characters are no more welcome there."""
    return escape(printable(somebodys))


def drawn(chart: Any, label: str, **attributes: str) -> str:  # noqa: ANN401 - pygal has no types
    """A chart of pygal's as an `<svg>` of class `curve`, which the pages' style sheet colours.

    Its own style, script and tooltips are taken out: the policy would forbid them, and they
    know no dark mode.

    Args:
        chart: With `FRAME`.
        label: What a reader who cannot see it is told.
        attributes: Of the `<svg>`, beside these.
    """
    chart.add_xml_filter(lambda root: _stripped(root, {"aria-label": label, **attributes}))
    made: str = chart.render(is_unicode=True)
    return made


def _stripped(root: Element, attributes: dict[str, str]) -> Element:
    for parent in (root, *root.iter("g")):
        for child in list(parent):
            kind = child.get("class", "")
            # A comment's tag is a function.
            known = isinstance(child.tag, str) and child.tag not in {"defs", "title"}
            if not known or "overlay" in kind or kind == "titles":
                parent.remove(child)
    root.attrib.pop("id", None)
    for name, value in {"role": "img", "class": "curve", **attributes}.items():
        root.set(name, value)
    return root


@cache
def _base() -> str:
    return (resources.files("ungil.page") / "base.css").read_text("utf-8")


def _digest(of: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(of.encode()).digest()).decode()}"
