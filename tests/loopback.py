"""A package index on 127.0.0.1, made of recordings and of what a test adds.

    with LoopbackIndex() as server:
        server.add("spam", "spam-1.0-py3-none-any.whl", wheel("spam", "1.0"))
        server.fail("/simple/spam/", "hang")
        ... server.url ...

Recorded pages are served with the recorded metadata as PEP 658 files. Their
wheels are made up when asked for: of the recorded size, with the recorded
METADATA where a wheel has it, near the end; so they do not have the recorded
hash.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import html
import io
import json
import re
import sys
import tarfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

RECORDED = Path(__file__).parent / "recorded"
JSON = "application/vnd.pypi.simple.v1+json"

PORTAL = b"<!DOCTYPE html><html><head><title>Welcome to our network</title></head>\
<body><form action='/login'><input name='room'></form></body></html>"

FAULTS = frozenset(
    {
        "drop",  # the connection is closed instead of an answer
        "half",  # half of the body, then the connection is closed
        "half-json",  # half of the body, announced as if it were all
        "hang",  # no answer while the server lives
        "html-as-json",  # a login page that says it is JSON
        "no-ranges",  # the whole file, whatever part was asked for
        "portal",  # a login page
        "slow",  # a tenth of a second late
    }
)
"""Besides these, every HTTP status is a fault."""


HISTORY = RECORDED / "history"
"""Recordings of few packages, but of all their releases since 2024-05."""


def recorded_names(folder: Path = RECORDED) -> list[str]:
    """The normalised names of all recorded projects."""
    return sorted(path.name.removesuffix(".json.gz") for path in folder.glob("*.json.gz"))


@functools.cache
def recording(name: str, folder: Path = RECORDED) -> dict[str, Any]:
    """One recording, as `record.py` describes it."""
    found: dict[str, Any] = json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
    return found


def wheel(
    name: str, version: str, metadata: str = "", *, members: Mapping[str, bytes] = {}
) -> bytes:
    """A small wheel with the given further headers in its METADATA."""
    packed = io.BytesIO()
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(path, data)
        archive.writestr(f"{folder}/METADATA", _headers(name, version, metadata))
        archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{folder}/RECORD", "")
    return packed.getvalue()


def sdist(name: str, version: str, metadata: str = "", *, metadata_version: str = "2.2") -> bytes:
    """A small source distribution, `.tar.gz`."""
    text = _headers(name, version, metadata, metadata_version).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in ("setup.py", "nested/PKG-INFO", "PKG-INFO"):
            member = tarfile.TarInfo(f"{name.replace('-', '_')}-{version}/{path}")
            data = text if path == "PKG-INFO" else b"Name: decoy\n"
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def _headers(name: str, version: str, more: str, metadata_version: str = "2.1") -> str:
    head = f"Metadata-Version: {metadata_version}\nName: {name}\nVersion: {version}\n"
    return f"{head}{more.strip()}\n\nA description.\n".replace("\n\n\n", "\n\n")


@dataclass
class _Fault:
    kind: str
    times: int | None
    headers: Mapping[str, str]


@dataclass
class _Stored:
    content: bytes
    metadata: bytes | None


@dataclass
class LoopbackIndex:
    """The server; runs while its context lasts.

    Attributes:
        recorded: Serve the recordings?
        folder: Where those are.
        serves_html: Serve pages as HTML, even to who asks for JSON.
        serves_metadata: Serve and announce `.metadata` files (PEP 658).
        serves_json_api: Serve `/pypi/<name>/<version>/json`.
        cache_control: That header of pages.
        password: User name and password that are demanded.
        requests: How often each path was asked for.
        ranges: The Range headers that came, in order.
        agents: The User-Agent headers that came.
        bytes_sent: In bodies.
        not_modified: How often 304 was answered.
        busiest: The most requests at one time.
        pages: Projects' pages (PEP 691) by name; a test may change them.
        documents: Other JSON by path; likewise.
    """

    recorded: bool = True
    folder: Path = RECORDED
    serves_html: bool = False
    serves_metadata: bool = True
    serves_json_api: bool = False
    cache_control: str | None = None
    password: tuple[str, str] | None = None
    requests: Counter[str] = field(default_factory=Counter)
    ranges: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    bytes_sent: int = 0
    not_modified: int = 0
    busiest: int = 0
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    _stored: dict[str, _Stored] = field(default_factory=dict)
    _metadata: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _faults: dict[str, _Fault] = field(default_factory=dict)
    _busy: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The root of the simple API."""
        return f"{self.root}/simple/"

    def url_with(self, user: str, password: str) -> str:
        """The same, with credentials."""
        return self.url.replace("://", f"://{quote(user, '')}:{quote(password, '')}@")

    @property
    def total(self) -> int:
        """All requests so far."""
        return self.requests.total()

    def add(
        self,
        project: str,
        filename: str,
        content: bytes = b"",
        *,
        metadata: bytes | None = None,
        **fields: object,
    ) -> str:
        """Add a file; returns its path.

        Args:
            project: Normalised.
            filename: The file's.
            content: What is served.
            metadata: Its `.metadata` file, announced.
            fields: Of its entry in the page (PEP 691), with `_` for `-`.
        """
        path = f"/files/added/{filename}"
        page = self.page(project)
        if page is None:
            page = {"meta": {"api-version": "1.1"}, "name": project, "files": [], "versions": []}
            self.pages[project] = page
        entry = {
            "filename": filename,
            "url": f"{self.root}{quote(path)}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "size": len(content),
            "upload-time": "2026-01-02T03:04:05.678901Z",
            "yanked": False,
            **({"core-metadata": True} if metadata is not None else {}),
            **{key.replace("_", "-"): value for key, value in fields.items()},
        }
        page["files"].append(entry)
        self._stored[path] = _Stored(content, metadata)
        return path

    def fail(
        self, prefix: str, kind: str, *, times: int | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        """Let requests of paths that start with `prefix` fail.

        Args:
            prefix: Of the path.
            kind: One of `FAULTS`, or a status.
            times: How often; None for always.
            headers: Sent along with a status.
        """
        if kind not in FAULTS and not kind.isdecimal():
            raise ValueError(kind)
        self._faults[prefix] = _Fault(kind, times, headers)

    def heal(self) -> None:
        """Let no request fail any more."""
        self._faults.clear()

    # What the handler asks

    def page(self, name: str) -> dict[str, Any] | None:
        """A project's page, as it will be served."""
        with self._lock:
            if name not in self.pages and self.recorded and name in recorded_names(self.folder):
                self.pages[name] = self._play(recording(name, self.folder), name)
            return self.pages.get(name)

    def _play(self, record: dict[str, Any], name: str) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(json.dumps(record["page"]))
        known = record["metadata"]
        self._metadata[name] = {v: m["text"].encode() for v, m in known.items()}
        for entry in page["files"]:
            entry["url"] = entry["url"].replace("https://files.example/", f"{self.root}/files/")
            if self.serves_metadata and _version_in(entry["filename"], known) is not None:
                entry["core-metadata"] = entry["filename"].endswith(".whl")
        return page

    def _next_fault(self, path: str) -> _Fault | None:
        with self._lock:
            for prefix, fault in self._faults.items():
                if path.startswith(prefix):
                    if fault.times is not None:
                        if fault.times == 0:
                            continue
                        fault.times -= 1
                    return fault
        return None

    def _body(self, path: str, headers: Mapping[str, str]) -> tuple[bytes | _Padded, str] | None:
        """What is at a path, and its content type."""
        if match := re.fullmatch(r"/simple/([^/]+)/", path):
            page = self.page(match[1])
            if page is None:
                return None
            if self.serves_html or "json" not in headers.get("Accept", ""):
                return _as_html(page).encode(), "text/html; charset=utf-8"
            return json.dumps(page).encode(), JSON
        if (match := re.fullmatch(r"/pypi/([^/]+)/([^/]+)/json", path)) and self.serves_json_api:
            return self._json_api(match[1], match[2])
        if path.endswith(".metadata"):
            text = self._metadata_of(path.removesuffix(".metadata"))
            return (text, "text/plain") if text is not None and self.serves_metadata else None
        stored = self._stored.get(path)
        content = stored.content if stored else self.documents.get(path) or self._made_up(path)
        return (content, "application/octet-stream") if content is not None else None

    def _entry(self, path: str) -> tuple[str, dict[str, Any]] | None:
        for name, page in list(self.pages.items()):
            for entry in page["files"]:
                if unquote(urlsplit(entry["url"]).path) == path:
                    return name, entry
        return None

    def _metadata_of(self, path: str) -> bytes | None:
        if path in self._stored:
            return self._stored[path].metadata
        found = self._entry(path)
        if found is None:
            return None
        name, entry = found
        known = self._metadata.get(name, {})
        version = _version_in(entry["filename"], known)
        return known[version] if version is not None else None

    def _made_up(self, path: str) -> _Padded | None:
        text = self._metadata_of(path)
        found = self._entry(path)
        if text is None or found is None:
            return None
        filename = found[1]["filename"]
        size = found[1]["size"]
        packed = io.BytesIO()
        if filename.endswith(".whl"):
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                folder = "-".join(filename.split("-")[:2])
                archive.writestr(f"{folder}.dist-info/METADATA", text)
            # A zip archive may stand at the end of anything.
            return _Padded(packed.getvalue(), max(0, size - packed.tell()), at_end=True)
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo(f"{filename.removesuffix('.tar.gz')}/PKG-INFO")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
        # gzip passes over null bytes behind its end.
        return _Padded(packed.getvalue(), max(0, size - packed.tell()), at_end=False)

    def _json_api(self, name: str, version: str) -> tuple[bytes, str] | None:
        page = self.page(name)
        text = self._metadata.get(name, {}).get(version)
        if page is None or text is None:
            return None
        lines = [line.partition(": ") for line in text.decode().splitlines()]
        many: dict[str, list[str]] = {}
        for key, _, value in lines:
            many.setdefault(key, []).append(value)
        answer = {
            "info": {
                "name": name,
                "version": version,
                "classifiers": many.get("Classifier", []),
                "requires_dist": many.get("Requires-Dist"),
                "requires_python": next(iter(many.get("Requires-Python", [])), None),
                "provides_extra": many.get("Provides-Extra"),
            },
            "urls": [
                {"filename": e["filename"]}
                for e in page["files"]
                if _version_in(e["filename"], {version: 1})
            ],
        }
        return json.dumps(answer).encode(), "application/json"

    @contextmanager
    def _counted(self, path: str) -> Iterator[None]:
        with self._lock:
            self.requests[path] += 1
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1


@dataclass(frozen=True)
class _Padded:
    """Bytes with zeros before or behind them, none of which are held."""

    content: bytes
    padding: int
    at_end: bool

    def __len__(self) -> int:
        return len(self.content) + self.padding

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        offset = self.padding if self.at_end else 0
        low, high = max(start, offset), min(stop, offset + len(self.content))
        if low >= high:
            return bytes(max(0, stop - start))
        inside = self.content[low - offset : high - offset]
        return bytes(low - start) + inside + bytes(stop - high)


def _version_in(filename: str, versions: Mapping[str, object]) -> str | None:
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    version = stem.rpartition("-")[2]
    if filename.endswith(".whl"):
        version = filename.split("-")[1]
    return version if version in versions else None


def _as_html(page: dict[str, Any]) -> str:
    lines = []
    for entry in page["files"]:
        digest = entry["hashes"].get("sha256")
        link = entry["url"] + (f"#sha256={digest}" if digest else "")
        attributes = {"href": link}
        if entry.get("requires-python"):
            attributes["data-requires-python"] = entry["requires-python"]
        if entry.get("yanked") not in (None, False):
            attributes["data-yanked"] = "" if entry["yanked"] is True else entry["yanked"]
        if entry.get("core-metadata"):
            attributes["data-core-metadata"] = "true"
        text = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {text}>{html.escape(entry['filename'])}</a><br>")
    body = "\n".join(lines)
    return (
        f"<!DOCTYPE html><html><head><title>Links for it</title></head><body>{body}</body></html>"
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], index: LoopbackIndex) -> None:
        super().__init__(address, _Handler)
        self.index = index

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left is nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # With Nagle's algorithm each answer would wait for the client's ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, or fail as told."""
        index = self.server.index
        path = unquote(urlsplit(self.path).path)
        with index._counted(path):
            index.agents.add(self.headers.get("User-Agent", ""))
            if "Range" in self.headers:
                index.ranges.append(self.headers["Range"])
            try:
                self._answer(index, path)
                self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    def _answer(self, index: LoopbackIndex, path: str) -> None:
        fault = index._next_fault(path)
        kind = fault.kind if fault else ""
        if kind == "hang":
            index._closing.wait(30)
            self.close_connection = True
        elif kind == "drop":
            self.close_connection = True
        elif fault is not None and kind.isdecimal():
            self._send(int(kind), b"", fault.headers)
        elif index.password and not self._may_enter(index.password):
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="private"'})
        elif kind in {"portal", "html-as-json"}:
            self._send(200, PORTAL, {"Content-Type": JSON if "json" in kind else "text/html"})
        else:
            if kind == "slow":
                time.sleep(0.1)
            found = index._body(path, self.headers)  # type: ignore[arg-type]
            if found is None:
                self._send(404, b"not here", {"Content-Type": "text/plain"})
            else:
                self._send_found(index, *found, kind)

    def _may_enter(self, password: tuple[str, str]) -> bool:
        wanted = base64.b64encode(":".join(password).encode()).decode()
        return bool(self.headers.get("Authorization") == f"Basic {wanted}")

    def _send_found(
        self, index: LoopbackIndex, body: bytes | _Padded, content_type: str, kind: str
    ) -> None:
        headers = {"Content-Type": content_type}
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if content_type == "application/octet-stream" and wanted and kind != "no-ranges":
            total = len(body)
            if wanted[1]:
                start, stop = int(wanted[1]), min(int(wanted[2] or total), total - 1) + 1
            else:
                start, stop = max(0, total - int(wanted[2])), total
            if start >= total:
                self._send(416, b"", {"Content-Range": f"bytes */{total}"})
                return
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
            self._send(206, body[start:stop], headers, half=kind == "half")
            return
        whole = body[0 : len(body)]
        if content_type == JSON or "html" in content_type:
            headers["ETag"] = f'"{hashlib.sha256(whole).hexdigest()[:16]}"'
            if index.cache_control is not None:
                headers["Cache-Control"] = index.cache_control
            if self.headers.get("If-None-Match") == headers["ETag"]:
                index.not_modified += 1
                self._send(304, b"", headers)
                return
        if kind == "half-json":
            whole = whole[: len(whole) // 2]
        self._send(200, whole, headers, half=kind == "half")

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], *, half: bool = False
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if half:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)
        self.server.index.bytes_sent += len(body)
