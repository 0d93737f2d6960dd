"""Options, skips and fixtures that several test folders share."""

import pytest

from native import FREE_THREADED
from programs import Programs


def pytest_addoption(parser):
    parser.addoption("--live", action="store_true", help="ask the real package index as well")


def pytest_collection_modifyitems(config, items):
    for item in items:
        if "live" in item.keywords and not config.getoption("--live"):
            item.add_marker(pytest.mark.skip(reason="needs --live and a package index"))
        if "free_threaded" in item.keywords and not FREE_THREADED:
            item.add_marker(pytest.mark.skip(reason="no free-threaded interpreter was found"))


def pytest_make_parametrize_id(val, argname):
    # An archive made for a test holds the time at which it was made. As a part of the test's
    # name, as pytest would have it, each of several processes would see other tests.
    return argname if isinstance(val, bytes) and len(val) > 16 else None


@pytest.fixture(scope="session", params=FREE_THREADED)
def programs(request, tmp_path_factory):
    """A free-threaded interpreter, and a folder with modules compiled for it."""
    folder = tmp_path_factory.mktemp(f"programs-{request.param}")
    return Programs.compiled(FREE_THREADED[request.param], folder)
