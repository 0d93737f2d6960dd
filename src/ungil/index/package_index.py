"""The package index as the other rooms see it."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self, TypeVar, cast
from urllib.parse import quote, unquote

import msgspec

from ungil.cache import Cache, Shelf
from ungil.findings import printable
from ungil.index.addresses import local_path, origin, shown, simple_page, without_credentials
from ungil.index.learnt import Learnt, Traffic
from ungil.index.model import (
    File,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
)
from ungil.index.names import candidates, normalise
from ungil.index.pages import ACCEPT, Listed, PageError, digest, listed_in, merge
from ungil.index.settings import IndexSettings
from ungil.index.transport import CONCURRENCY, Answer, Transport, failure

__all__ = ["PackageIndex"]

T = TypeVar("T")

_FORMAT = "index-1"  # to be raised with every change of what is stored
_FRESH = 600  # seconds, where the server says nothing; indexes themselves say so
_FRESHEST = 24 * 3600
_WHOLE_CAP = 256 << 20  # bytes of a file that must be read whole for its metadata
_JSON_CAP = 32 << 20
_VALID_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class _Page(msgspec.Struct, array_like=True):
    """A page as the cache keeps it.

    Attributes:
        fetched: Seconds since the epoch.
        max_age: Seconds for which it need not be asked for again.
        etag: Of the answer, to ask whether it still holds.
        modified: Likewise.
        project: None if the index has no such project.
        listed: What a page of links lists; empty for a project's page.
    """

    fetched: float
    max_age: int
    etag: str | None
    modified: str | None
    project: Project | None = None
    listed: list[Listed] = []


class PackageIndex:
    """All indexes that the user has configured, as one; safe to share by threads.

    As with pip, every index and every page of links counts: a project's
    files are those of all of them together. An index that does not know a
    project is normal; one that cannot be asked makes the answer an error,
    since a part of the answer could be a wrong one.

    Attributes:
        settings: What it was made with.
        traffic: How much of how many wheels `open` and `fetch` have read.
    """

    def __init__(
        self,
        settings: IndexSettings,
        *,
        clock: Callable[[], float] = time.time,
        on_pause: Callable[[str, float], None] = lambda *_: None,
    ) -> None:
        """Nothing is read yet.

        Args:
            settings: Where to look.
            clock: Seconds since the epoch; what ages in the cache are told by.
            on_pause: Told, from any thread, which server asks to be left alone, and for
                how many seconds.
        """
        self.settings = settings
        self.traffic = Traffic()
        self._clock = clock
        self._transport = Transport(settings, on_pause)
        self._cache = Cache(settings.cache_dir, _FORMAT)
        self._pages = Shelf(self._cache, "pages", _Page)
        self._metadata = Shelf(self._cache, "metadata", Metadata)
        self._lock = threading.Lock()
        self._refreshed: set[str] = set()
        self._links: dict[str, list[Listed]] | None = None
        self._no_json: set[str] = set()
        self._no_ranges: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a further request opens them again."""
        self._transport.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know though every answer was found; one line each."""
        return (self._cache.warning,) if self._cache.warning else ()

    def project(self, name: str) -> Project:
        """All releases of a project on all indexes.

        Args:
            name: In any spelling.

        Raises:
            ProjectNotFoundError: No index has it.
            PackageIndexError: An index could not be asked.
        """
        name = normalise(name)
        found = []
        if _VALID_NAME.fullmatch(name):
            found = [
                project
                for url in self.settings.index_urls
                if (project := self._on(url, name)) is not None
            ]
            if self.settings.find_links and (linked := self._linked(name)).releases:
                found.append(linked)
        if not found:
            places = (*self.settings.index_urls, *self.settings.find_links)
            asked = ", ".join(map(shown, places)) or "no index at all, as --no-index has it"
            raise ProjectNotFoundError(printable(f"there is no project {name!r} (asked: {asked})"))
        return merge(found)

    def projects(
        self, names: Iterable[str], on_progress: Callable[[int, int], None] | None = None
    ) -> dict[str, Project | PackageIndexError]:
        """Many projects, asked for at the same time.

        Args:
            names: In any spelling.
            on_progress: Told, after each, how many are done and of how many.

        Returns:
            For each normalised name the project, or what came in its way.
        """
        from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415 - not every run needs it

        def ask(name: str) -> Project | PackageIndexError:
            try:
                return self.project(name)
            except PackageIndexError as error:
                return error

        wanted = list(dict.fromkeys(map(normalise, names)))
        answers: dict[str, Project | PackageIndexError] = {}
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            running = {pool.submit(ask, name): name for name in wanted}
            try:
                for done, future in enumerate(as_completed(running), 1):
                    answers[running[future]] = future.result()
                    if on_progress is not None:
                        on_progress(done, len(wanted))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return {name: answers[name] for name in wanted}

    def metadata(self, project_name: str, version: str, file: File) -> Metadata:
        """A file's core metadata, read the cheapest way that can be trusted.

        For a wheel: the `.metadata` file beside it where there is one (PEP
        658); else the part of the wheel that holds it; and from a server that
        does not give parts, the index's JSON API if it has one, or the whole
        wheel. For a source distribution: its PKG-INFO.

        That order was measured: a part of a wheel is one or two requests and
        48 KiB, about what the JSON API sends for one version, but it is the
        file's own word, whereas the JSON API repeats that of the release's
        first upload.

        Args:
            project_name: In any spelling.
            version: Normalised.
            file: Of that release.

        Raises:
            PackageIndexError: It cannot be read, or is broken.
        """
        name = normalise(project_name)
        what = f"the metadata of {file.name}"
        local = local_path(file.url) is not None
        # The host belongs to the key, so that no index can speak for the files
        # of another by naming their hashes.
        key = f"{origin(file.url)} {file.sha256 or f'{file.url} {file.size}'} {file.name}"
        # A local file without a hash may change while its name stays.
        keep = file.sha256 is not None or not local
        known = self._metadata.get(key) if keep else None
        if known is not None:
            return known
        # email.parser and the archive readers take 60 ms to import.
        from ungil.index.metadata import BrokenFileError  # noqa: PLC0415 - not every run needs it

        try:
            metadata = self._read_metadata(name, version, file, what)
        except BrokenFileError as error:
            raise failure(what, file.url, str(error)) from None
        if keep:
            self._metadata.put(key, metadata)
        return metadata

    @contextmanager
    def open(self, file: File) -> Iterator[BinaryIO]:
        """A wheel, to be read in parts; only what is read is transferred.

        From a server that does not give parts it is transferred whole, once,
        and must then have the hash that the index names. Parts cannot be
        checked against it. For one thread at a time.

        Args:
            file: Of a release.

        Raises:
            PackageIndexError: It cannot be had; also while it is read.
        """
        what = file.name
        path = local_path(file.url)
        if path is not None:
            with _opened(path, file) as wheel:
                yield wheel
            return
        from ungil.index.ranged import RangesUnsupportedError, RemoteFile  # noqa: PLC0415 - not every run needs it

        host = origin(file.url)
        if host not in self._no_ranges:
            try:
                remote = RemoteFile(self._transport, file.url, what, file.size)
            except RangesUnsupportedError:
                self._no_ranges.add(host)
            else:
                try:
                    with remote:
                        yield cast("BinaryIO", remote)  # as much of one as is needed
                finally:
                    self.traffic.add(remote.fetched, remote.size)
                return
        with tempfile.TemporaryFile() as whole:
            self._download(file, what, whole)
            self.traffic.add(whole.seek(0, io.SEEK_END))
            whole.seek(0)
            yield whole

    @contextmanager
    def fetch(self, file: File) -> Iterator[Path]:
        """A whole file on this machine, for as long as it is needed.

        Args:
            file: Of a release.

        Raises:
            PackageIndexError: It cannot be had, or has not the hash that the
                index names.
        """
        path = local_path(file.url)
        if path is not None:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, "file")
            with path.open("w+b") as whole:
                self._download(file, file.name, whole)
            self.traffic.add(path.stat().st_size)
            yield path

    def document(self, url: str, what: str) -> bytes:
        """Whatever is at an address, asked for as the index is.

        Args:
            url: HTTP.
            what: It is, for the message.

        Raises:
            PackageIndexError: It cannot be had.
        """
        answer = self._transport.get(without_credentials(url), what)
        if answer.status != 200:
            raise failure(what, url, f"the server answered {answer.status}", "check the address")
        return answer.body

    def learnt(self, kind: str, of: type[T]) -> Learnt[T]:
        """What was found out about files before, from the cache.

        Args:
            kind: What it is about; to be changed whenever the finding out is.
            of: The type of what is kept.
        """
        return Learnt(Shelf(self._cache, kind, of))

    # Projects

    def _on(self, index_url: str, name: str) -> Project | None:
        """One index's answer, None if it has no such project."""
        url = without_credentials(simple_page(index_url, name))
        what = f"the index page of {name}"
        page = self._page(url, what, lambda answer, local: _digested(name, answer, local))
        return page.project

    def _linked(self, name: str) -> Project:
        """What the pages of links say."""
        with self._lock:
            if self._links is None:
                links: dict[str, list[Listed]] = {}
                for place in self.settings.find_links:
                    for entry in self._listed_at(place):
                        for owner in candidates(entry.filename):
                            links.setdefault(owner, []).append(entry)
                self._links = links
        return digest(name, self._links.get(name, ()), strict=False)

    def _listed_at(self, place: str) -> list[Listed]:
        url = without_credentials(place)
        filename = unquote(url.rpartition("/")[2])
        if candidates(filename):
            return [Listed(filename, url)]
        return self._page(url, "the page of links", _listed).listed

    def _page(self, url: str, what: str, read: Callable[[Answer, bool], _Page]) -> _Page:
        """A page, from the cache if it is fresh enough."""
        if local_path(url) is not None:
            answer = self._transport.get(url, what)
            return self._understood(answer, url, what, read, local=True)
        page = self._pages.get(url)
        now = self._clock()
        if page is not None and (self.settings.offline or self._is_fresh(page, url, now)):
            return page
        headers = {"Accept": ACCEPT}
        if page is not None and page.etag:
            headers["If-None-Match"] = page.etag
        elif page is not None and page.modified:
            headers["If-Modified-Since"] = page.modified
        answer = self._transport.get(url, what, headers=headers)
        if answer.status != 304 or page is None:
            page = self._understood(answer, url, what, read, local=False)
            page.etag = answer.headers.get("etag")
            page.modified = answer.headers.get("last-modified")
        page.fetched = now
        control = answer.headers.get("cache-control", "").lower()
        page.max_age = _max_age(control)
        if "no-store" not in control:
            self._pages.put(url, page)
        self._refreshed.add(url)
        return page

    def _is_fresh(self, page: _Page, url: str, now: float) -> bool:
        if self.settings.refresh and url not in self._refreshed:
            return False
        # An age below zero tells of a clock that was wrong.
        return 0 <= now - page.fetched < page.max_age

    def _understood(
        self,
        answer: Answer,
        url: str,
        what: str,
        read: Callable[[Answer, bool], _Page],
        *,
        local: bool,
    ) -> _Page:
        if answer.status == 404:
            return _Page(0, 0, None, None)
        if answer.status != 200:
            raise failure(what, url, f"the server answered {answer.status}", "try again later")
        try:
            return read(answer, local)
        except PageError as error:
            raise failure(
                what, answer.url, str(error), "check that the address is a simple API's"
            ) from None

    # Metadata

    def _read_metadata(self, name: str, version: str, file: File, what: str) -> Metadata:
        from ungil.index import metadata  # noqa: PLC0415 - not every run needs it

        if file.has_metadata:
            path, mark, query = file.url.partition("?")
            answer = self._transport.get(f"{path}.metadata{mark}{query}", what, cap=metadata.CAP)
            # Some indexes announce more than they have.
            if answer.status == 200:
                return metadata.parse(answer.body, source=not file.is_wheel)
        if not file.is_wheel:
            return self._of_sdist(file, what)
        path_here = local_path(file.url)
        if path_here is not None:
            try:
                with path_here.open("rb") as wheel:
                    return metadata.parse(metadata.read_wheel(wheel, name))
            except FileNotFoundError:
                raise failure(what, file.url, "there is no such file") from None
        return self._of_remote_wheel(name, version, file, what)

    def _of_remote_wheel(self, name: str, version: str, file: File, what: str) -> Metadata:
        from ungil.index import metadata  # noqa: PLC0415 - not every run needs it
        from ungil.index.ranged import RangesUnsupportedError, RemoteFile  # noqa: PLC0415 - not every run needs it

        host = origin(file.url)
        if host not in self._no_ranges:
            try:
                with RemoteFile(self._transport, file.url, what, file.size) as remote:
                    text = metadata.read_wheel(remote, name)
                    return metadata.parse(text)
            except RangesUnsupportedError:
                self._no_ranges.add(host)
        told = self._of_json_api(name, version, file, what)
        if told is not None:
            return told
        with tempfile.TemporaryFile() as wheel:
            self._download(file, what, wheel)
            return metadata.parse(metadata.read_wheel(wheel, name))

    def _of_json_api(self, name: str, version: str, file: File, what: str) -> Metadata | None:
        """What the JSON API says of a wheel's release; None if it says nothing sure."""
        for index_url in self.settings.index_urls:
            root, simple, _ = index_url.rstrip("/").rpartition("/simple")
            host = origin(index_url)
            if not simple or local_path(index_url) is not None or host in self._no_json:
                continue
            url = f"{without_credentials(root)}/pypi/{name}/{quote(version)}/json"
            answer = self._transport.get(url, what, cap=_JSON_CAP)
            if answer.status != 200:
                self._no_json.add(host)
                continue
            try:
                told = _decode_told(answer.body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._no_json.add(host)
                continue
            # No list at all may mean that none was read from the upload.
            if told.info.requires_dist is not None and any(
                u.filename == file.name for u in told.urls
            ):
                return Metadata(
                    requires_dist=tuple(told.info.requires_dist),
                    requires_python=told.info.requires_python or None,
                    classifiers=tuple(told.info.classifiers),
                    provides_extra=tuple(map(normalise, told.info.provides_extra or ())),
                )
        return None

    def _of_sdist(self, file: File, what: str) -> Metadata:
        from ungil.index import metadata  # noqa: PLC0415 - not every run needs it

        path = local_path(file.url)
        if path is not None:
            try:
                with path.open("rb") as archive:
                    text = metadata.read_sdist(archive, file.name)
            except FileNotFoundError:
                raise failure(what, file.url, "there is no such file") from None
        else:
            with tempfile.TemporaryFile() as archive:
                self._download(file, what, archive)
                text = metadata.read_sdist(archive, file.name)
        return metadata.parse(text, source=True)

    def _download(self, file: File, what: str, into: IO[bytes]) -> None:
        """The whole file, checked against the index's hash."""
        if file.size is not None and file.size > _WHOLE_CAP:
            raise failure(what, file.url, f"the file has {file.size >> 20:,} MiB")
        digest_of = hashlib.sha256()
        headers = {"Accept-Encoding": "identity"}
        with self._transport.open(file.url, what, headers=headers) as stream:
            if stream.status != 200:
                raise failure(what, file.url, f"the server answered {stream.status}")
            for chunk in stream.chunks(_WHOLE_CAP):
                digest_of.update(chunk)
                into.write(chunk)
        if file.sha256 is not None and digest_of.hexdigest() != file.sha256:
            raise failure(what, file.url, "the file is not the one whose hash the index names")
        into.seek(0)


def _opened(path: Path, file: File) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise failure(file.name, file.url, "there is no such file") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such path"
        raise failure(file.name, file.url, why) from None


class _ToldFile(msgspec.Struct):
    filename: str


class _ToldInfo(msgspec.Struct):
    requires_dist: list[str] | None = None
    requires_python: str | None = None
    classifiers: list[str] = []
    provides_extra: list[str] | None = None


class _Told(msgspec.Struct):
    """The JSON API's answer on one version, as far as it is used."""

    info: _ToldInfo
    urls: list[_ToldFile] = []


_decode_told = msgspec.json.Decoder(_Told).decode


def _digested(name: str, answer: Answer, local: bool) -> _Page:
    project = digest(name, _files(answer, local))
    return _Page(0, 0, None, None, project)


def _listed(answer: Answer, local: bool) -> _Page:
    return _Page(0, 0, None, None, listed=_files(answer, local))


def _files(answer: Answer, local: bool) -> list[Listed]:
    kind = answer.headers.get("content-type", "").lower()
    return listed_in(answer.body, kind, answer.url, trusted=local)


def _max_age(control: str) -> int:
    if "no-cache" in control or "no-store" in control:
        return 0
    match = re.search(r"max-age\s*=\s*\"?([0-9]{1,9})", control)
    return min(int(match[1]), _FRESHEST) if match else _FRESH
