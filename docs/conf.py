import sys
from pathlib import Path

DOCS = Path(__file__).parent
SOURCES = DOCS.parent / "src"
sys.path.insert(0, str(SOURCES))

from ungil._version import __version__  # noqa: E402 - the path must be known first
from ungil.rules import RULES  # noqa: E402 - likewise

project = "ungil"
author = "The ungil developers"
copyright = f"2026, {author}"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
# Most blocks show a terminal; those in a language say which.
highlight_language = "none"
nitpicky = True
# A command whose quotes span lines is beyond the lexer for terminal sessions. It
# is shown all the same, with fewer colours.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"ungil {__version__}"


def show_rules() -> None:
    """Copy the rules' pages to where Sphinx reads, and list them in a table.

    The pages have to live inside the package, because `ungil explain` prints
    them. Symbolic links would do as well, but a checkout on Windows may turn
    them into small text files. Unchanged files are left alone, so that Sphinx
    builds only what is new.
    """
    rules = DOCS / "rules"
    pages = {f"{code}.md": rule.page() for code, rule in RULES.items()}
    rows = [
        f"| [{code}]({code}.md) | {rule.name} | {rule.severity.value} | {rule.summary} |"
        for code, rule in RULES.items()
    ]
    head = ["| code | name | severity | summary |", "|---|---|---|---|"]
    pages["table.txt"] = "\n".join([*head, *rows, ""])
    for old in rules.glob("UG*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        path = rules / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


show_rules()
