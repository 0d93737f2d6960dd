"""The examples of the guard, as real servers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples.serving import EXAMPLES, FEED, started
from lending import lend

SOURCES = Path(__file__).parents[2] / "src"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="gunicorn needs POSIX")

GUNICORN = ["-m", "gunicorn", "--threads", "4", "--bind", "127.0.0.1:PORT", "wsgi"]
COMMANDS = {
    "guard-django": GUNICORN,
    "guard-flask": ["feeds.py", "PORT"],
    "guard-granian": ["-m", "granian", "--interface", "asgi", "--port", "PORT", "feeds:app"],
}
# What they need, if it is pure Python (or has a fallback that is).
PURE = {
    "guard-django": ("django", "asgiref", "sqlparse", "gunicorn", "packaging"),
    "guard-flask": (
        *("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker"),
        *("cheroot", "jaraco.functools", "more-itertools"),
    ),
}


@pytest.mark.parametrize("example", COMMANDS)
def test_it_serves_on_this_python(example, tmp_path):
    command = [sys.executable, *COMMANDS[example]]
    with started(example, command, tmp_path, SOURCES) as server:
        server.wait_until_it_answers()
        status, text = server.ask("/titles", FEED)
        assert (status, json.loads(text)) == (200, {"titles": ["one", "two"]})
        status, gil = server.gil()
        assert status == 200
        assert gil["who"] is None
        assert gil["enabled"] is getattr(sys, "_is_gil_enabled", lambda: True)()
        assert server.stop() == 0, server.said()
    assert "Traceback" not in server.said()


@pytest.fixture(scope="session")
def lent(tmp_path_factory):
    """What the examples need, for another interpreter."""
    folder = tmp_path_factory.mktemp("lent")
    return lend(folder, *(name for names in PURE.values() for name in names))


@pytest.fixture
def serve(programs, lent, tmp_path):
    """Start an example under a free-threaded Python, with a parser that imports `bad`."""
    parser = "import bad\nfrom xml.etree.ElementTree import fromstring\n"
    (programs.folder / "lazy_parser.py").write_text(parser)
    (programs.folder / "bad_settings.py").write_text("import bad\nfrom settings import *\n")

    def start(example, **variables):
        command = [programs.python, *COMMANDS[example]]
        path = (SOURCES, programs.folder, lent)
        return started(example, command, tmp_path, *path, FEEDS_PARSER="lazy_parser", **variables)

    return start


def fails_loudly(server):
    server.wait_until_it_answers()
    assert server.gil() == (200, {"free_threaded_build": True, "enabled": False, "who": None})
    assert server.ask("/titles", FEED)[0] == 500
    assert server.says("GilEnabledError: the GIL is on: importing bad switched it on"), (
        server.said()
    )
    status, gil = server.gil()
    assert (status, gil["enabled"]) == (503, True)
    assert gil["who"].startswith("importing bad switched it on")
    assert "feeds.py" in gil["who"]


def warns(server):
    server.wait_until_it_answers()
    assert server.ask("/titles", FEED)[0] == 200
    assert server.says("GilEnabledWarning: the GIL is on: importing bad switched it on"), (
        server.said()
    )
    assert server.gil()[0] == 200
    assert server.stop() == 0, server.said()


@pytest.mark.free_threaded
@pytest.mark.parametrize("example", PURE)
def test_a_request_that_switches_the_gil_on_fails(serve, example):
    with serve(example) as server:
        fails_loudly(server)


@pytest.mark.free_threaded
@pytest.mark.parametrize("example", PURE)
def test_in_production_it_is_logged(serve, example):
    with serve(example, FEEDS_ON_GIL="warn") as server:
        warns(server)


@pytest.mark.free_threaded
def test_a_worker_that_imports_it_at_its_start_does_not_start(serve):
    with serve("guard-django", DJANGO_SETTINGS_MODULE="bad_settings") as server:
        assert server.process.wait(30) != 0
        assert server.says("importing bad switched it on"), server.said()


@pytest.mark.free_threaded
@pytest.mark.live
def test_granian_with_workers_that_are_threads(programs, tmp_path):
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run([programs.python, "-m", "venv", tmp_path / "environment"], check=True)
    requirements = EXAMPLES / "guard-granian" / "requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    parser = "import bad\nfrom xml.etree.ElementTree import fromstring\n"
    (programs.folder / "lazy_parser.py").write_text(parser)
    path = (SOURCES, programs.folder)
    for on_gil, check in (("fail", fails_loudly), ("warn", warns)):
        variables = {"FEEDS_PARSER": "lazy_parser", "FEEDS_ON_GIL": on_gil}
        command = [python, *COMMANDS["guard-granian"]]
        with started("guard-granian", command, tmp_path, *path, **variables) as server:
            check(server)
