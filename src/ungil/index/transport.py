"""HTTP and local files, with every failure as one clear line.

Nothing else in this room talks to a network. requests is imported when the
first request is made: a run that finds all it needs in the cache makes none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ungil._version import __version__
from ungil.findings import printable
from ungil.index.addresses import credentials, local_path, origin, shown, without_credentials
from ungil.index.model import PackageIndexError
from ungil.index.pauses import LIMITING, Pauses

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from ungil.index.settings import IndexSettings

__all__ = ["CONCURRENCY", "PAGE_CAP", "Answer", "Stream", "Transport", "failure"]

CONCURRENCY = 16
"""Requests under way at once; indexes ask clients not to be greedier."""

PAGE_CAP = 256 << 20
"""Bytes; the largest real pages are tens of megabytes."""

_STRIKES = 3
_CHUNK = 1 << 16
_UNDERSTOOD = {200, 206, 304, 404, 410, 416}


def failure(what: str, url: str, why: str, remedy: str = "") -> PackageIndexError:
    """The one line: what cannot be read, where, why, and what to do."""
    line = f"cannot read {what} from {shown(url)}: {why}"
    return PackageIndexError(printable(f"{line}; {remedy}" if remedy else line))


class _BrokenOffError(PackageIndexError):
    """The answer ended before its end; asking again may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.

    Attributes:
        url: Where it came from in the end, without credentials.
        status: HTTP's; 200, 206, 304, 404 or 416.
        headers: Looked up in lower case.
        body: Decoded.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream:
    """An answer whose body is read as it comes."""

    def __init__(self, what: str, response: requests.Response) -> None:
        self._what = what
        self._response = response
        self.url = without_credentials(response.url)
        # 410 Gone is a 404 with a reason.
        self.status = 404 if response.status_code == 410 else response.status_code
        self.headers = response.headers

    @property
    def length(self) -> int | None:
        """What the server announced, bytes as they travel; None if nothing."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None

    def chunks(self, cap: int) -> Iterator[bytes]:
        """The body, piece by piece.

        Raises:
            PackageIndexError: It is longer than `cap` bytes.
        """
        total = 0
        for chunk in self._response.iter_content(_CHUNK):
            total += len(chunk)
            if total > cap:
                raise failure(self._what, self.url, f"the answer is larger than {cap >> 10:,} KiB")
            yield chunk


class Transport:
    """Reads URLs; safe to use from several threads.

    A server that cannot be reached is not asked again: with 300 projects each
    would wait for the same time-out.
    """

    def __init__(
        self,
        settings: IndexSettings,
        on_pause: Callable[[str, float], None] = lambda *_: None,
    ) -> None:
        self._settings = settings
        self._pauses = Pauses(settings.patience, on_pause)
        self._session: requests.Session | None = None
        self._lock = threading.Lock()
        self._lost: dict[str, str] = {}
        self._strikes: dict[str, int] = {}
        # Credentials belong to one host and port, and are sent nowhere else.
        self._credentials: dict[str, tuple[str, str]] = {}
        for url in (*settings.index_urls, *settings.find_links):
            found = credentials(url)
            if found is not None:
                self._credentials[origin(url)] = found

    def close(self) -> None:
        """Give the connections back, and let nobody wait any longer."""
        self._pauses.close()
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def get(
        self, url: str, what: str, *, headers: Mapping[str, str] | None = None, cap: int = PAGE_CAP
    ) -> Answer:
        """Read a whole answer.

        Args:
            url: HTTP or file; without credentials.
            what: What is read, for the message.
            headers: To be sent along.
            cap: Bytes that the decoded body may have.

        Raises:
            PackageIndexError: No usable answer.
        """
        path = local_path(url)
        if path is not None:
            return _read_local(path, url, what, cap)
        for last in (False, True):
            try:
                with self.open(url, what, headers=headers) as stream:
                    body = b"".join(stream.chunks(cap))
                    return Answer(stream.url, stream.status, stream.headers, body)
            except _BrokenOffError:
                if last:
                    raise
        raise AssertionError  # the second round always ends

    @contextmanager
    def open(
        self, url: str, what: str, *, headers: Mapping[str, str] | None = None
    ) -> Iterator[Stream]:
        """Begin to read an answer over HTTP.

        Raises:
            PackageIndexError: No usable answer; also while its body is read.
        """
        if self._settings.offline:
            raise failure(what, url, "it is not in the cache and --offline forbids to ask")
        host = origin(url)
        if host in self._lost:
            raise failure(what, url, self._lost[host], "the server was not asked again")
        session = self._connected()
        import requests  # noqa: PLC0415 - not every run needs it
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - not every run needs it

        try:
            response = self._asked(session, url, host, headers or {})
        except (OSError, HTTPError, ValueError) as error:
            raise self._explain(error, url, what, host) from None
        with response:
            if response.status_code not in _UNDERSTOOD:
                told = _refusal(response.status_code, response.headers.get("Retry-After"))
                raise failure(what, response.url, *told)
            try:
                yield Stream(what, response)
            except (requests.RequestException, HTTPError) as error:
                kind = type(error).__name__
                why = "the answer broke off" if "Timeout" not in f"{error!r}" else _SILENT
                if "Decod" in kind:
                    why = "the answer is compressed in a broken way"
                line = failure(what, url, why, "try again later")
                raise _BrokenOffError(*line.args) from None
        self._strikes.pop(host, None)

    def _asked(
        self, session: requests.Session, url: str, host: str, headers: Mapping[str, str]
    ) -> requests.Response:
        """The answer, after as many pauses as the server wants."""
        waits: list[float] = []
        while True:
            self._pauses.wait(host)
            response = session.get(
                url,
                headers=dict(headers),
                auth=self._credentials.get(host),
                timeout=self._settings.timeout,
                verify=self._settings.ca_bundle or True,
                cert=self._settings.client_cert,
                proxies=_proxies(self._settings.proxy),
                stream=True,
            )
            status = response.status_code
            if status not in LIMITING or not self._pauses.ask_again(
                host, status, response.headers, waits
            ):
                return response
            response.close()

    def _connected(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._pauses.open()
                from ungil.index.session import new_session  # noqa: PLC0415 - not every run needs it

                self._session = new_session(
                    system_trust=self._settings.ca_bundle is None,
                    connections=CONCURRENCY,
                    agent=f"ungil/{__version__}",
                )
            return self._session

    def _explain(self, error: Exception, url: str, what: str, host: str) -> PackageIndexError:
        why, remedy, weight = _reason(error)
        if weight:
            with self._lock:
                self._strikes[host] = self._strikes.get(host, 0) + weight
                if self._strikes[host] >= _STRIKES:
                    self._lost[host] = why
        return failure(what, url, why, remedy)


_SILENT = "the server fell silent"


def _reason(error: Exception) -> tuple[str, str, int]:
    """Why, what to do, and how many strikes it is against the server."""
    import requests  # noqa: PLC0415 - not every run needs it

    text = f"{error!r} {error}"
    reachable = "check the address and the network"
    known = (
        ("NameResolution", "its host name cannot be resolved", reachable, _STRIKES),
        ("Name or service", "its host name cannot be resolved", reachable, _STRIKES),
        ("getaddrinfo", "its host name cannot be resolved", reachable, _STRIKES),
        ("ProxyError", "the proxy cannot be used", "check HTTPS_PROXY", _STRIKES),
        ("ConnectTimeout", "the server cannot be reached in time", reachable, _STRIKES),
        ("ReadTimeout", _SILENT, "try again later, or raise PIP_DEFAULT_TIMEOUT", 1),
        ("timed out", _SILENT, "try again later, or raise PIP_DEFAULT_TIMEOUT", 1),
        ("refused", "the connection was refused", reachable, _STRIKES),
        ("unreachable", "the server cannot be reached", reachable, _STRIKES),
    )
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "its TLS certificate cannot be verified",
            "if it is signed by a company's own authority, name that in PIP_CERT",
            _STRIKES,
        )
    for mark, why, remedy, weight in known:
        if mark in text:
            return why, remedy, weight
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return "it redirects in a circle", "check the address", 0
    if isinstance(error, requests.exceptions.ConnectionError):
        return "the connection broke off", "try again later", 1
    if isinstance(error, requests.exceptions.RequestException | ValueError):
        return "the address, or one it redirects to, cannot be used", "check the address", 0
    # What requests says of certificate files that are not there.
    return "a file that the TLS settings name cannot be read", "check PIP_CERT", 0


def _refusal(status: int, retry_after: str | None) -> tuple[str, str]:
    """What a status means, and what to do."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    why = f"the server answered {phrase}"
    if status in {401, 403, 407}:
        kind = "are missing or wrong" if status != 403 else "are missing or do not suffice"
        return f"{why}: credentials {kind}", (
            "give them in ~/.netrc or in the index URL (https://user:password@host/...)"
        )
    if status in LIMITING and retry_after:
        when = f"in {retry_after} s" if retry_after.isdecimal() else f"after {retry_after}"
        return why, f"it wants to be left alone for now; try again {when}"
    if status == 429:
        return why, "it wants fewer requests; try again later"
    return why, "try again later" if status >= 500 else "check the address"


def _proxies(proxy: str | None) -> dict[str, str] | None:
    return {"http": proxy, "https": proxy} if proxy else None


def _read_local(path: Path, url: str, what: str, cap: int) -> Answer:
    try:
        if path.is_dir():
            # A directory's links are relative to it, not to its parent.
            url = f"{url.rstrip('/')}/"
            index = path / "index.html"
            if not index.is_file():
                return Answer(url, 200, {"content-type": "text/html"}, _listing(path))
            path = index
        if path.stat().st_size > cap:
            raise failure(what, url, f"the file is larger than {cap >> 10:,} KiB")
        kind = "text/html" if path.suffix in {".html", ".htm"} else "application/octet-stream"
        return Answer(url, 200, {"content-type": kind}, path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Answer(url, 404, {}, b"")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise failure(what, url, getattr(error, "strerror", None) or "no such path") from None


def _listing(folder: Path) -> bytes:
    """A directory of files, as the page that a web server would make of it."""
    from html import escape  # noqa: PLC0415 - not every run needs it
    from urllib.parse import quote  # noqa: PLC0415 - not every run needs it

    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    links = (f'<a href="{escape(quote(name))}">{escape(name)}</a>' for name in names)
    return "\n".join(links).encode()
