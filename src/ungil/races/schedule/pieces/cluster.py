"""Who carries out pieces: the workers of a Dask cluster, on this machine or others.

Each of their threads asks a process of its own. What a worker did that died, Dask has another
one do.
"""

from __future__ import annotations

import json
import logging
import platform
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from ungil._version import __version__
from ungil.races.schedule.pieces.engines import Engine, EngineError, carry_out, end
from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.request import Request

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["cluster"]

_CONNECTING = 10
"""Seconds."""


class _Cluster:
    """A cluster, as one that it is connected to has it."""

    def __init__(self, client: Client, request: str, jobs: int) -> None:
        self.at_once = jobs
        self._client = client
        self._name = uuid.uuid4().hex
        self._request = request
        # The same piece twice is carried out twice.
        self._workers = client.get_executor(pure=False)

    def begin(self, piece: Piece) -> Future[Found]:
        future: Future[Found] = self._workers.submit(
            _there, self._name, self._request, asdict(piece)
        )
        return future

    def close(self) -> None:
        self._workers.shutdown(wait=False)
        self._client.run(end, self._name, on_error="ignore")


def _there(exploration: str, request: str, piece: Found) -> Found:
    """What a worker does."""
    found = carry_out(exploration, request, piece)
    if found.get("problem"):
        found["problem"] = f"on {platform.node()}: {found['problem']}"
    return found


def _see_that_it_can(client: Client) -> None:
    try:
        versions: set[str] = set(client.run(_version).values())
    except Exception as error:  # noqa: BLE001 - what it was there, Dask tells in words
        raise EngineError(f"workers of the Dask cluster cannot run ungil: {error}") from None
    if versions != {__version__}:
        theirs = ", ".join(sorted(versions))
        raise EngineError(f"this is ungil {__version__}, and workers have {theirs}")


def _version() -> str:
    return __version__


@contextmanager
def cluster(request: Request, address: str, jobs: int | None) -> Iterator[Engine]:
    """The workers of a Dask cluster.

    They need ungil, and the project at the same path as here.

    Args:
        request: Which test.
        address: Of the scheduler, as `tcp://HOST:PORT`.
        jobs: How many pieces at the same time; None for as many as the workers have threads.

    Raises:
        EngineError: Dask is not installed, or there is no such scheduler, or no worker that
            has the same ungil.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError:
        raise EngineError("Dask is not installed: pip install 'ungil[dask]'") from None
    # That workers come and go is expected, and told if it matters.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_CONNECTING)
    except (OSError, ValueError) as error:
        raise EngineError(f"no Dask scheduler answers: {error}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise EngineError(f"the Dask scheduler at {address} has no workers")
        _see_that_it_can(client)
        engine = _Cluster(client, json.dumps(asdict(request)), min(threads, jobs or threads))
        try:
            yield engine
        finally:
            engine.close()
