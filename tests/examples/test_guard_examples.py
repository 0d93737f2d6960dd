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

# Its control socket would be in the home directory.
GUNICORN = ["-m", "gunicorn", "--no-control-socket", "--threads", "4", "--bind", "127.0.0.1:0"]
GRANIAN = ["-m", "granian", "--interface", "asgi", "--workers", "2", "--port", "PORT"]
COMMANDS = {
    "guard-django": [*GUNICORN, "wsgi"],
    "guard-flask": ["feeds.py", "0"],
    "guard-granian": [*GRANIAN, "feeds:app"],
}
# What they need, if it is pure Python (or has a fallback that is).
PURE = {
    "guard-django": ("django", "asgiref", "sqlparse", "gunicorn"),
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
        # One of granian's that is asked to end before it can hear it is waited for forever.
        assert example != "guard-granian" or server.says("Started worker-2"), server.said()
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
    # It does so each time.
    assert server.ask("/titles", FEED)[0] == 500
    assert server.gil()[0] == 503


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
def test_leaving_the_guard_is_an_error_once_the_gil_is_on(serve):
    with serve("guard-flask") as server:
        fails_loudly(server)
        assert server.stop() == 1
        last = server.said().splitlines()[-1]
        assert last.startswith("ungil.GilEnabledError: the GIL is on: importing bad switched it on")


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


@pytest.fixture(scope="session")
def environment(programs, tmp_path_factory):
    """The Python of a free-threaded environment with granian."""
    folder = tmp_path_factory.mktemp("environment")
    python = folder / "bin" / "python"
    subprocess.run([programs.python, "-m", "venv", folder], check=True)
    requirements = EXAMPLES / "guard-granian" / "requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return python


@pytest.mark.free_threaded
@pytest.mark.live
def test_granian_with_workers_that_are_threads(environment, programs, tmp_path):
    parser = "import bad\nfrom xml.etree.ElementTree import fromstring\n"
    (programs.folder / "lazy_parser.py").write_text(parser)
    path = (SOURCES, programs.folder)
    command = [environment, *COMMANDS["guard-granian"]]
    variables = {"FEEDS_PARSER": "lazy_parser"}
    with started("guard-granian", command, tmp_path, *path, **variables) as server:
        fails_loudly(server)
        assert server.stop() == 0
        # One request has told both workers, so they are one process.
        assert server.said().count("[ERROR] the GIL is on: importing bad") == 2
    variables["FEEDS_ON_GIL"] = "warn"
    with started("guard-granian", command, tmp_path, *path, **variables) as server:
        warns(server)


@pytest.mark.free_threaded
@pytest.mark.live
def test_granian_does_not_start_if_the_gil_is_on_already(environment, programs, tmp_path):
    (programs.folder / "bad_feeds.py").write_text("import bad\nfrom feeds import app\n")
    path = (SOURCES, programs.folder, EXAMPLES / "guard-granian")
    command = [environment, *GRANIAN, "bad_feeds:app"]
    with started("guard-granian", command, tmp_path, *path) as server:
        assert server.process.wait(30) == 1
        assert "Cannot run a free-threaded Granian build with GIL enabled" in server.said()
