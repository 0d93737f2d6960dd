"""Views of the index, served to uv over loopback.

A simple API (PEP 691, PEP 658) of one pretended wheel for each release. The
address carries a secret, because any local user can connect to a loopback
port and a view may show a private index without its password.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from ungil.resolution.view import View

__all__ = ["serve"]


@contextmanager
def serve(view: View) -> Iterator[str]:
    """Serve a view for as long as the context lasts; gives the index address."""
    secret = secrets.token_urlsafe(24)
    server = _Server(("127.0.0.1", 0), _handler(view, secret))
    # The short poll makes leaving the context cheap.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{secret}/simple/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # uv opens 50 connections at once; those beyond the queue of 5 that is the
    # default would be tried again after a second.
    request_queue_size = 128


def _handler(view: View, secret: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep the connection: uv asks hundreds of times
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body in one packet

        def do_GET(self) -> None:
            parts = [unquote(part) for part in self.path.split("/")]
            match parts:
                case ["", given, "simple", name, ""] if secrets.compare_digest(given, secret):
                    self._answer(_page(view, name), "application/vnd.pypi.simple.v1+json")
                case ["", given, "files", name, version, file] if secrets.compare_digest(
                    given, secret
                ) and file.endswith(".metadata"):
                    self._answer(_metadata(view, name, version), "text/plain")
                case _:
                    self._answer(None, "")

        def _answer(self, body: bytes | None, kind: str) -> None:
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing: standard error belongs to the report's progress."""

    return Handler


def _page(view: View, name: str) -> bytes | None:
    name = canonicalize_name(name)
    offers = view.offers(name)
    if offers is None:
        return None
    files: list[dict[str, object]] = [
        {
            "filename": (wheel := f"{name.replace('-', '_')}-{version}-py3-none-any.whl"),
            "url": f"../../files/{name}/{version}/{wheel}",
            "hashes": {},
            "requires-python": offer.file.requires_python,
            "core-metadata": True,
            # Whatever cannot be used may be had by an exact pin only.
            "yanked": (offer.file.yanked or "yanked")
            if offer.file.yanked is not None
            else not offer.usable and "fits no file of this target",
        }
        for version, offer in offers.items()
    ]
    page = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
    return json.dumps(page).encode()


def _metadata(view: View, name: str, version: str) -> bytes | None:
    if version not in (view.offers(name) or {}):
        return None
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in view.metadata(name, version).provides_extra]
    lines += [f"Requires-Dist: {r}" for r in view.dependencies(name, version)]
    return "\n".join([*lines, ""]).encode()
