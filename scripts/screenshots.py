"""Make the pictures of the documentation anew, from recorded answers.

    python scripts/screenshots.py

Needs Chromium with its ChromeDriver. The page is that of the sample which
`tests/ecosystem/test_page.py` drives, so a picture shows what is tested; what a terminal
shows is of `examples/races`.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from browser import Browser
from loopback import HISTORY, LoopbackIndex, recorded_names

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"

_WIDTH = 122
"""Columns of the terminal."""

_TERMINAL = """
<meta charset="utf-8"><style>{stylesheet}
body {{ color: {foreground}; background: {background}; margin: 16px; }}
pre {{ font: 13px/1.35 "DejaVu Sans Mono", monospace; margin: 0; }}
</style><pre>{code}</pre>
"""

_OPEN = """
document.querySelector('[data-open=av]').click();
document.activeElement.blur();
scrollTo(0, 0);
"""
_TARGET = """
const choice = document.getElementById('target');
choice.value = '3.15t';
choice.dispatchEvent(new Event('change', {bubbles: true}));
"""


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        browser = Browser(folder / "profile")
        try:
            _ecosystem(folder, browser)
            _explore(folder, browser)
        finally:
            browser.close()


def _ecosystem(folder: Path, browser: Browser) -> None:
    with LoopbackIndex(folder=HISTORY) as server:
        (folder / "sample").write_text("\n".join(recorded_names(HISTORY)))
        page = folder / "sample.html"
        command = [
            *(sys.executable, "-m", "ungil", "ecosystem", "sample", "--as-of", "2026-11-24"),
            *("--format", "html", "--output", page.name, "--index-url", server.url),
            *("--cache-dir", "cache"),
        ]
        environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
        subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - fixed words
    browser.show(page, width=1000, height=1250)
    browser.driver.execute_script(_OPEN)
    browser.driver.save_screenshot(str(IMAGES / "ecosystem-light.png"))
    browser.show(page, width=390, height=1000, dark=True)
    browser.driver.execute_script(_TARGET)
    browser.driver.save_screenshot(str(IMAGES / "ecosystem-phone-dark.png"))


def _explore(folder: Path, browser: Browser) -> None:
    """What `python -m pytest --ungil-explore` shows in `examples/races`."""
    project = folder / "races"
    shutil.copytree(ROOT / "examples" / "races", project)
    words = ["pytest", "--ungil-explore"]
    # It fails, as it should.
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-m", *words, "--color=yes"],
        cwd=project,
        env={**os.environ, "COLUMNS": str(_WIDTH)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    told = done.stdout.replace(str(project), "examples/races")
    console = Console(record=True, width=_WIDTH, file=io.StringIO())
    console.print(Text(f"$ python -m {' '.join(words)}"), Text.from_ansi(told), sep="\n")
    page = folder / "explore.html"
    page.write_text(
        console.export_html(theme=MONOKAI, code_format=_TERMINAL, inline_styles=True), "utf-8"
    )
    browser.show(page, width=1000, height=100)
    height = browser.driver.execute_script("return document.documentElement.scrollHeight")
    browser.show(page, width=1000, height=height)
    browser.driver.save_screenshot(str(IMAGES / "race-explore.png"))


if __name__ == "__main__":
    main()
