"""An index with few packages but their whole histories, and the verb over it."""

import pytest
from verb import verb_over

from loopback import HISTORY, LoopbackIndex


@pytest.fixture(scope="session")
def recorded():
    with LoopbackIndex(folder=HISTORY) as server:
        yield server


@pytest.fixture
def server():
    with LoopbackIndex(recorded=False) as index:
        yield index


@pytest.fixture
def ecosystem(tmp_path, recorded):
    """The verb over the recordings."""
    return verb_over(tmp_path, recorded)


@pytest.fixture
def made(tmp_path, server):
    """The verb over what the test adds to `server`."""
    return verb_over(tmp_path, server)
