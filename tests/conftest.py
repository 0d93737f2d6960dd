"""Options and skips that every test folder shares."""

import shutil

import pytest


def pytest_addoption(parser):
    parser.addoption("--live", action="store_true", help="ask the real package index as well")


def pytest_collection_modifyitems(config, items):
    free_threaded = shutil.which("python3.14t") or shutil.which("python3.15t")
    for item in items:
        if "live" in item.keywords and not config.getoption("--live"):
            item.add_marker(pytest.mark.skip(reason="needs --live and a package index"))
        if "free_threaded" in item.keywords and not free_threaded:
            item.add_marker(pytest.mark.skip(reason="no free-threaded interpreter on PATH"))
