"""A server to ask, and indexes to ask it with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opener import Opener

from loopback import LoopbackIndex
from ungil.index import IndexSettings, PackageIndex, pauses
from ungil.index import session as session_module


@pytest.fixture
def server() -> Iterator[LoopbackIndex]:
    with LoopbackIndex(recorded=False) as index:
        yield index


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """`opened(url, ...)`: an index with a cache of the test's own."""
    monkeypatch.setattr(session_module, "BACKOFF", 0.0)
    monkeypatch.setattr(pauses, "SHORTEST", 0.01)
    monkeypatch.setenv("NETRC", os.devnull)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made: list[PackageIndex] = []

    def open_(*urls: str, clock: float | None = None, **settings: object) -> PackageIndex:
        given = {"cache_dir": tmp_path / "cache", "timeout": 5.0, **settings}
        made_settings = IndexSettings(urls, **given)  # type: ignore[arg-type]
        index = (
            PackageIndex(made_settings)
            if clock is None
            else PackageIndex(made_settings, clock=lambda: clock)
        )
        made.append(index)
        return index

    yield open_
    for index in made:
        index.close()
