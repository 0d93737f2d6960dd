"""The line of progress, on a terminal and off it."""

import io
import time

from ungil.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_time_that_is_left_is_told_once_it_matters(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    with Progress() as progress:
        progress("asking the index", 0, 1000)
        time.sleep(0.6)
        progress("asking the index", 2, 1000)
        time.sleep(0.15)
        progress("asking the index", 999, 1000)
    assert "asking the index 2/1000, about " in shown.getvalue()
    assert "min left" in shown.getvalue()
    assert "999/1000\r" in shown.getvalue()  # and no word of less than a second
    assert shown.getvalue().endswith("\r\x1b[K")


def test_nothing_is_shown_elsewhere(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    with Progress() as progress:
        time.sleep(0.6)
        progress("asking the index", 1, 2)
    assert shown.getvalue() == ""
