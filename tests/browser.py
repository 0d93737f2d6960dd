"""A real browser without a screen, driven over WebDriver.

Chromium, because Debian has it together with its driver; a browser of one's own is named
by `CHROME` and `CHROMEDRIVER`.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

__all__ = ["CHROME", "DRIVER", "Browser"]

CHROME = os.environ.get("CHROME") or shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")

_FLAGS = (
    "--headless",
    "--no-sandbox",  # as root it has none
    "--disable-gpu",
    "--no-first-run",
    # A page that loads nothing must not be blamed for what the browser asks for itself.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Browser:
    """One window; `driver` is Selenium's."""

    def __init__(self, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROME or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()

    def show(self, page: Path, *, width: int = 1100, height: int = 900, dark: bool = False) -> None:
        """Open a file at a size and in a colour scheme, and forget what was logged."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.requests()
        self.complaints()
        self.driver.get(page.as_uri())

    def requests(self) -> list[str]:
        """What was asked for since the last call."""
        messages = (json.loads(line)["message"] for line in self._log("performance"))
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the console said since the last call."""
        return self._log("browser")

    def _log(self, kind: str) -> list[str]:
        entries: Any = self.driver.get_log(kind)  # type: ignore[no-untyped-call] # selenium has no types here
        return [entry["message"] for entry in entries]
