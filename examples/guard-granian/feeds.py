"""The titles of feeds, over HTTP: `granian --interface asgi feeds:app`.

No framework, so that every message between the server and this can be seen.
"""

import asyncio
import importlib
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import ungil

PARSER = os.environ.get("FEEDS_PARSER", "xml.etree.ElementTree")
"""The module that parses feeds; `lxml.etree` is faster, and has the same functions."""

ON_GIL = os.environ.get("FEEDS_ON_GIL", "fail")
"""`fail` or `warn`; see `lifespan`."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """What granian calls: once for the life of a worker, and once for each request."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    match scope["type"], scope.get("method"), scope["path"]:
        case "http", "POST", "/titles":
            # In a thread, since parsing would hold up all other requests.
            found = await asyncio.to_thread(titles, await body(receive))
            await answer(send, 200, {"titles": found})
        case "http", "GET", "/gil":
            # In a thread, since it takes 0.1 s to be sure that the GIL is on.
            await answer(send, *await asyncio.to_thread(gil))
        case "http", _, _:
            await answer(send, 404, {"error": "not here"})


async def lifespan(receive: Receive, send: Send) -> None:
    """Guard the process from before the first request until after the last.

    Each worker has a lifespan. In a free-threaded build workers are threads of one
    process, so that it is guarded once for each of them, and each tells the story.
    """
    phase = "startup"
    await receive()
    try:
        with ungil.guard(on_gil=ON_GIL):
            await send({"type": "lifespan.startup.complete"})
            phase = "shutdown"
            await receive()
    except ungil.GilEnabledError as error:
        # Told, not raised: a server takes an exception here to mean that there is no
        # lifespan, and serves all the same.
        await send({"type": f"lifespan.{phase}.failed", "message": str(error)})
    else:
        await send({"type": "lifespan.shutdown.complete"})


def titles(document: bytes) -> list[str | None]:
    """The titles in a feed."""
    # Imported where it is used, as is often done to start faster. So it is a
    # request that may switch the GIL on, hours after the start.
    parser = importlib.import_module(PARSER)
    return [title.text for title in parser.fromstring(document).iter("title")]


def gil() -> tuple[int, dict[str, Any]]:
    """How it stands with the GIL of this process.

    For what watches the process, not for the public: it names files. Once the
    GIL is on it stays on, for all requests. So a process that was to fail says that
    it should be replaced.
    """
    status = ungil.gil_status()
    came_on = status.free_threaded_build and status.enabled
    return 503 if came_on and ON_GIL == "fail" else 200, {
        "free_threaded_build": status.free_threaded_build,
        "enabled": status.enabled,
        "who": status.switch and str(status.switch),
    }


async def body(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def answer(send: Send, status: int, content: dict[str, Any]) -> None:
    """Answer a request with JSON."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
