"""A page of the simple API, digested into a project.

JSON (PEP 691, PEP 700) is decoded into the few fields that are used; HTML
(PEP 503) is first turned into the same form by mousebender.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin

import msgspec
from packaging.version import Version

from ungil.index.addresses import without_credentials
from ungil.index.model import File, Project, pack_release
from ungil.index.names import (
    UNINSTALLABLE_SUFFIXES,
    normalise,
    split_sdist,
    split_wheel,
    version_of,
)

__all__ = ["ACCEPT", "Listed", "PageError", "digest", "listed_in", "merge"]

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)
"""JSON if the server has it, since only JSON tells upload times (PEP 691)."""


class PageError(ValueError):
    """A page that is no page of the simple API; the message says why not."""


class Listed(msgspec.Struct, gc=False):
    """One file as a page lists it; the fields of PEP 691 that are used."""

    filename: str
    url: str
    hashes: dict[str, str] | None = None
    requires_python: str | None = msgspec.field(name="requires-python", default=None)
    yanked: bool | str | None = None
    size: int | None = None
    upload_time: str | None = msgspec.field(name="upload-time", default=None)
    core_metadata: bool | dict[str, str] | None = msgspec.field(name="core-metadata", default=None)
    # What PEP 658 called it before PEP 714; older servers still do.
    dist_info_metadata: bool | dict[str, str] | None = msgspec.field(
        name="dist-info-metadata", default=None
    )


class _Meta(msgspec.Struct):
    version: str = msgspec.field(name="api-version", default="1.0")


class _Page(msgspec.Struct):
    meta: _Meta
    files: list[Listed]


_decode_page = msgspec.json.Decoder(_Page).decode


def listed_in(body: bytes, content_type: str, url: str, *, trusted: bool) -> list[Listed]:
    """The files a page lists, with absolute URLs.

    Args:
        body: The page.
        content_type: As the server said; it may be wrong.
        url: Where the page came from, after redirects.
        trusted: Is it known to be an index page? If not, HTML without any
            link needs to look like one, since a login page does not.

    Raises:
        PageError: It is no page of the simple API.
    """
    start = body[:64].lstrip()
    if start.startswith(b"{"):
        files = _read_json(body)
    elif "json" in content_type:
        kind = "HTML" if start.startswith(b"<") else "something else"
        raise PageError(f"the server announced JSON and sent {kind if body else 'nothing'}")
    elif "html" in content_type or start.startswith(b"<"):
        url, files = _read_html(body, content_type, url, trusted=trusted)
    else:
        raise PageError("the answer is neither JSON nor HTML")
    local = url.startswith("file:")
    kept = []
    for file in files:
        try:
            if not file.url.startswith(("https://", "http://")):
                file.url = urljoin(url, file.url)
            file.url = without_credentials(file.url)
        except ValueError:
            continue  # not a URL at all, so there is nothing to install
        # A page from the network must not make us read this machine's files.
        if file.url.startswith(("https://", "http://", "file://" if local else "https://")):
            kept.append(file)
    return kept


def _read_json(body: bytes) -> list[Listed]:
    try:
        page = _decode_page(body)
    except msgspec.ValidationError as error:
        raise PageError(f"the answer is no page of the simple API ({error})") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise PageError(f"the answer is broken or cut short ({error})") from None
    if page.meta.version.partition(".")[0] != "1":
        raise PageError(f"the page is of version {page.meta.version} of the simple API, not 1.x")
    return page.files


_BASE = re.compile(r"<base\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)
# mousebender wants `name=value` in every fragment.
_FRAGMENT = re.compile(r"(<a\s[^>]*?href\s*=\s*[\"'][^\"'#]*)#[^\"'=]*(?=[\"'])", re.IGNORECASE)
_INDEX_MARKS = re.compile(
    r"pypi:repository-version|<title>\s*(links for|simple|index of)|<h1>\s*(links for|index of)",
    re.IGNORECASE,
)


def _read_html(
    body: bytes, content_type: str, url: str, *, trusted: bool
) -> tuple[str, list[Listed]]:
    import warnings  # noqa: PLC0415 - not every run needs it

    from mousebender import simple  # noqa: PLC0415 - slow to import, and seldom needed

    charset = _CHARSET.search(content_type)
    try:
        text = body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    try:
        with warnings.catch_warnings():
            # A newer minor version of the API is compatible by its definition.
            warnings.simplefilter("ignore", simple.APIVersionWarning)
            page = simple.from_project_details_html(_FRAGMENT.sub(r"\1", text), "page")
    except simple.UnsupportedAPIVersion as error:
        raise PageError(f"the page is of an unknown version of the simple API ({error})") from None
    except (ValueError, AssertionError) as error:
        raise PageError(f"the HTML cannot be read ({error})") from None
    if not (page["files"] or trusted or _INDEX_MARKS.search(text)):
        raise PageError("the answer is HTML without links to files, perhaps a login page")
    base = _BASE.search(text)
    if base is not None:
        url = urljoin(url, base[1])
    return url, msgspec.convert(page["files"], list[Listed])


def digest(name: str, listed: Iterable[Listed], *, strict: bool = True) -> Project:
    """A project out of the files that pages list.

    Args:
        name: Normalised.
        listed: In the index's order; of several with one name the first counts.
        strict: Do all files claim to belong to the project? If not, a
            stranger is no anomaly and not counted as dropped.
    """
    versions: dict[str, Version | None] = {}
    owners: dict[str, bool] = {}
    releases: dict[Version, dict[str, File]] = {}
    dropped = 0
    for entry in listed:
        filename = entry.filename
        tag = ""
        text: str | None
        if filename.endswith(".whl"):
            parts = split_wheel(filename)
            text = None
            if parts is not None:
                owner = owners.get(parts[0])
                if owner is None:
                    owner = owners[parts[0]] = normalise(parts[0]) == name
                if owner:
                    _, text, tag = parts
        elif filename.endswith(UNINSTALLABLE_SUFFIXES):
            continue
        else:
            text = split_sdist(filename, name)
        version = None
        if text is not None and "/" not in filename and "\\" not in filename:
            if text in versions:
                version = versions[text]
            else:
                version = versions[text] = version_of(text)
        if version is None:
            dropped += 1
        else:
            releases.setdefault(version, {}).setdefault(filename, _file(entry, tag))
    project = _assemble(name, releases)
    return msgspec.structs.replace(project, dropped=dropped) if strict else project


def _assemble(name: str, releases: dict[Version, dict[str, File]]) -> Project:
    tags: dict[str, int] = {}

    def index_of(tag: str) -> int:
        return tags.setdefault(tag, len(tags))

    packed = tuple(
        pack_release(str(version), tuple(releases[version].values()), index_of)
        for version in sorted(releases, reverse=True)
    )
    return Project(name, tuple(tags), packed)


def merge(projects: Sequence[Project]) -> Project:
    """One project out of what several indexes say of it.

    All files count, as pip has it; of several with one name, that of the
    first index.
    """
    first, *others = projects
    if not others:
        return first
    tags = {tag: i for i, tag in enumerate(first.tags)}

    def index_of(tag: str) -> int:
        return tags.setdefault(tag, len(tags))

    releases = dict(first.by_version)
    for project in others:
        for release in project.releases:
            known = releases.get(release.version)
            if known is None:
                own = tuple(index_of(project.tags[i]) for i in release.tags)
                releases[release.version] = msgspec.structs.replace(release, tags=own)
                continue
            files = known.files
            names = {file.name for file in files}
            more = [file for file in release.files if file.name not in names]
            if more:
                releases[release.version] = pack_release(release.version, (*files, *more), index_of)
    newest_first: Iterable[str] = releases
    if len(releases) > len(first.releases):
        newest_first = sorted(releases, key=Version, reverse=True)
    return Project(
        first.name,
        tuple(tags),
        tuple(releases[version] for version in newest_first),
        sum(project.dropped for project in projects),
    )


_FARTHEST = 2**63  # MessagePack's integers end here


def _file(entry: Listed, tag: str) -> File:
    sha256 = entry.hashes.get("sha256") if entry.hashes else None
    yanked = entry.yanked
    metadata = entry.core_metadata
    if metadata is None:
        metadata = entry.dist_info_metadata
    if isinstance(metadata, dict):
        metadata = any(metadata.values())
    return File(
        name=entry.filename,
        url=entry.url,
        uploaded=_seconds(entry.upload_time) if entry.upload_time else None,
        sha256=sha256.lower() if sha256 else None,
        size=entry.size if entry.size is not None and 0 <= entry.size < _FARTHEST else None,
        requires_python=entry.requires_python or None,
        yanked=("" if yanked is True else yanked) if yanked is not False else None,
        has_metadata=bool(metadata),
        tag=tag,
    )


def _seconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        # PEP 700 demands UTC; a time without a zone is taken for it.
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
