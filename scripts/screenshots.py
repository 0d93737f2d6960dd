"""Make the pictures of the documentation anew, from recorded answers.

    python scripts/screenshots.py

Needs Chromium with its ChromeDriver. The page is that of the sample which
`tests/ecosystem/test_page.py` drives, so a picture shows what is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import Browser
from loopback import HISTORY, LoopbackIndex, recorded_names

IMAGES = Path(__file__).parent.parent / "docs" / "images"

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
    with LoopbackIndex(folder=HISTORY) as server, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "sample").write_text("\n".join(recorded_names(HISTORY)))
        page = folder / "sample.html"
        command = [
            *(sys.executable, "-m", "ungil", "ecosystem", "sample", "--as-of", "2026-11-24"),
            *("--format", "html", "--output", page.name, "--index-url", server.url),
            *("--cache-dir", "cache"),
        ]
        environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
        subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - fixed words
        browser = Browser(folder / "profile")
        try:
            browser.show(page, width=1000, height=1250)
            browser.driver.execute_script(_OPEN)
            browser.driver.save_screenshot(str(IMAGES / "ecosystem-light.png"))
            browser.show(page, width=390, height=1000, dark=True)
            browser.driver.execute_script(_TARGET)
            browser.driver.save_screenshot(str(IMAGES / "ecosystem-phone-dark.png"))
        finally:
            browser.close()


if __name__ == "__main__":
    main()
