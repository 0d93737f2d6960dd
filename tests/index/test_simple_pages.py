"""Pages of the simple API, digested."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from loopback import recorded_names, recording
from ungil.index import File, PackageIndexError, Project
from ungil.index.pages import Listed, PageError, digest, listed_in, merge

URL = "https://index.example/simple/spam/"


def project_of(*files: dict[str, object], name: str = "spam") -> Project:
    page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
    body = json.dumps(page).encode()
    return digest(name, listed_in(body, "application/json", URL, trusted=False))


def entry(filename: str, **fields: object) -> dict[str, object]:
    named = {key.replace("_", "-"): value for key, value in fields.items()}
    return {"filename": filename, "url": f"../../files/{filename}", "hashes": {}, **named}


def of_html(html: str, url: str = URL, *, trusted: bool = False) -> list[Listed]:
    return listed_in(html.encode(), "text/html; charset=utf-8", url, trusted=trusted)


def files_of(project: Project) -> list[File]:
    return [file for release in project.releases for file in release.files]


def test_releases_come_newest_first_with_their_tags() -> None:
    project = project_of(
        entry("spam-1.9-py3-none-any.whl"),
        entry("spam-1.10.tar.gz"),
        entry("spam-1.10-cp314-cp314t-win_amd64.whl"),
        entry("spam-2.0rc1.tar.gz"),
        entry("spam-1.10.0.zip"),
    )
    assert [r.version for r in project.releases] == ["2.0rc1", "1.10", "1.9"]
    release = project.by_version["1.10"]
    assert [project.tags[i] for i in release.tags] == ["cp314-cp314t-win_amd64"]
    assert release.has_sdist
    assert [f.name for f in release.files] == [
        "spam-1.10.tar.gz",
        "spam-1.10-cp314-cp314t-win_amd64.whl",
        "spam-1.10.0.zip",
    ]
    assert project.releases[0].is_prerelease


def test_the_fields_of_a_file() -> None:
    project = project_of(
        entry(
            "spam-1.0-py3-none-any.whl",
            hashes={"sha256": "AB" * 32, "md5": "x"},
            requires_python=">=3.8",
            size=123,
            upload_time="2024-02-03T04:05:06.789Z",
            yanked="broken",
            core_metadata={"sha256": "00"},
        ),
        entry("spam-1.1.tar.gz", yanked=True, upload_time="2024-02-03T04:05:06", size=-1),
        entry("spam-1.2.tar.gz", yanked=False, upload_time="soon", size=2**70, hashes=None),
        entry("spam-1.3-py3-none-any.whl", dist_info_metadata=True),
        entry("spam-1.4-py3-none-any.whl", dist_info_metadata=True, core_metadata=False),
    )
    old, metadata, third, second, first = files_of(project)
    assert first == File(
        name="spam-1.0-py3-none-any.whl",
        url="https://index.example/files/spam-1.0-py3-none-any.whl",
        uploaded=1706933106,
        sha256="ab" * 32,
        size=123,
        requires_python=">=3.8",
        yanked="broken",
        has_metadata=True,
        tag="py3-none-any",
    )
    assert (second.yanked, second.uploaded, second.size) == ("", 1706933106, None)
    assert (third.yanked, third.uploaded, third.size, third.sha256) == (None, None, None, None)
    assert metadata.has_metadata
    assert not old.has_metadata


def test_what_belongs_to_no_release_is_counted() -> None:
    project = project_of(
        entry("spam-1.0.tar.gz"),
        entry("spam-nightly.tar.gz"),
        entry("eggs-1.0-py3-none-any.whl"),
        entry("spam-1.0.win32.exe"),  # nobody would install it, so nobody misses it
        entry("spam-1.0-py2.7.egg"),
        entry("..%2fspam.tar.gz"),
        entry("spam-1.0/../x.tar.gz"),
    )
    assert project.dropped == 4
    assert [f.name for f in files_of(project)] == ["spam-1.0.tar.gz"]


def test_urls_lose_credentials_and_must_be_http() -> None:
    urls = [
        "https://user:secret@files.example/spam-1.0.tar.gz#frag",
        "file:///etc/spam-1.1.tar.gz",
        "http://[spam-1.2.tar.gz",
        "ftp://files.example/spam-1.3.tar.gz",
        "/spam-1.4.tar.gz",
    ]
    project = project_of(
        *({**entry(url.rpartition("/")[2].partition("#")[0]), "url": url} for url in urls)
    )
    assert [f.url for f in files_of(project)] == [
        "https://index.example/spam-1.4.tar.gz",
        "https://files.example/spam-1.0.tar.gz",
    ]


def test_html_as_pep_503_has_it() -> None:
    listed = of_html(
        """<html><head><meta name="pypi:repository-version" content="1.9">
        <base href="https://other.example/base/"></head><body>
        <a href="spam-1.0.tar.gz#sha256=aa" data-requires-python="&gt;=3.8">spam-1.0.tar.gz</a>
        <a href="../spam-1.1-py3-none-any.whl#egg" data-yanked="why" data-core-metadata="true">x</a>
        <a data-dist-info-metadata="sha256=00" data-yanked href="spam-1.2-py3-none-any.whl">x</a>
        <a>no link</a></body></html>"""
    )
    third, second, first = files_of(digest("spam", listed))
    assert first.url == "https://other.example/base/spam-1.0.tar.gz"
    assert (first.sha256, first.requires_python, first.uploaded) == ("aa", ">=3.8", None)
    assert (second.url, second.yanked, second.has_metadata) == (
        "https://other.example/spam-1.1-py3-none-any.whl",
        "why",
        True,
    )
    assert (third.yanked, third.has_metadata) == ("", True)


def test_an_empty_page_must_look_like_one() -> None:
    assert of_html("<html><title>Links for spam</title></html>") == []
    assert of_html("<html></html>", "file:///index/spam/", trusted=True) == []
    with pytest.raises(PageError, match="login page"):
        of_html("<html><form></form></html>")


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"<html>", "application/vnd.pypi.simple.v1+json", "announced JSON and sent HTML"),
        (b"", "application/json", "sent nothing"),
        (b'{"files": [', "application/json", "cut short"),
        (b'{"meta": {}, "files": 3}', "application/json", "no page of the simple API"),
        (b'{"meta": {"api-version": "2.0"}, "files": []}', "", "version 2.0"),
        (b"\x00\x01", "application/octet-stream", "neither"),
        (b"<meta name='pypi:repository-version' content='2.0'>", "text/html", "unknown version"),
        (b"<meta name='pypi:repository-version' content='x'>", "text/html", "cannot be read"),
    ],
)
def test_what_is_no_page(body: bytes, kind: str, says: str) -> None:
    with pytest.raises(PageError, match=says):
        listed_in(body, kind, URL, trusted=False)


def test_escape_sequences_are_data() -> None:
    project = project_of(entry("spam-1.0.tar.gz", yanked="\x1b[2J", requires_python="\x1b]0;x\x07"))
    [file] = files_of(project)
    assert (file.yanked, file.requires_python) == ("\x1b[2J", "\x1b]0;x\x07")


@given(st.binary(max_size=200), st.sampled_from(["application/json", "text/html", ""]))
def test_arbitrary_bytes_are_no_page_or_a_project(body: bytes, kind: str) -> None:
    with suppress(PageError):
        digest("spam", listed_in(body, kind, URL, trusted=False))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
fields = st.fixed_dictionaries(
    {
        "filename": st.sampled_from(["spam-1.0.tar.gz", "spam-2-py3-none-any.whl"]) | json_values,
        "url": st.sampled_from(["a/b", "https://x.example/y"]) | json_values,
    },
    optional={
        "hashes": json_values,
        "yanked": json_values,
        "size": json_values,
        "upload-time": json_values,
        "core-metadata": json_values,
        "requires-python": json_values,
    },
)


@given(st.lists(fields, max_size=4))
def test_arbitrary_json_is_no_page_or_a_project(files: list[dict[str, object]]) -> None:
    with suppress(PageError):
        project = project_of(*files)
        assert len(files_of(project)) + project.dropped <= len(files)


@given(st.text("<>a =\"'href#&;:/.-1wl!-[]?", max_size=80))
def test_arbitrary_html_is_no_page_or_a_project(text: str) -> None:
    with suppress(PageError):
        digest("spam", of_html(f"<a href='spam-1.0.tar.gz'>{text}"))


def test_several_indexes_are_one_and_the_first_wins() -> None:
    first = project_of(entry("spam-1.0.tar.gz", size=1), entry("spam-1.0-py3-none-any.whl"))
    second = project_of(
        entry("spam-0.9-cp39-cp39-any.whl"),
        entry("spam-1.0-cp314-cp314t-any.whl"),
        entry("spam-1.0.tar.gz", size=2),
        entry("spam-2.0-py3-none-any.whl"),
    )
    project = merge([first, second])
    assert [r.version for r in project.releases] == ["2.0", "1.0", "0.9"]
    assert [f.name for f in project.by_version["1.0"].files] == [
        "spam-1.0.tar.gz",
        "spam-1.0-py3-none-any.whl",
        "spam-1.0-cp314-cp314t-any.whl",
    ]
    assert project.by_version["1.0"].files[0].size == 1
    for release in project.releases:
        told = {project.tags[i] for i in release.tags}
        assert told == {f.tag for f in release.files if f.is_wheel}


def test_as_of_leaves_out_what_came_later() -> None:
    project = project_of(
        entry("spam-1.0.tar.gz", upload_time="2024-01-01T00:00:00Z"),
        entry("spam-1.0-py3-none-any.whl", upload_time="2024-03-01T00:00:00Z"),
        entry("spam-1.1.tar.gz", upload_time="2024-04-01T00:00:00Z"),
        entry("spam-1.0-py2-none-any.whl"),
    )
    then = project.as_of(1706745600)  # 2024-02-01
    assert [r.version for r in then.releases] == ["1.0"]
    assert [f.name for f in then.releases[0].files] == ["spam-1.0.tar.gz"]
    assert (then.releases[0].tags, then.undated) == ((), 1)
    assert project.as_of(0).releases == ()


def test_as_of_needs_dates() -> None:
    with pytest.raises(PackageIndexError, match="does not say when the files of spam"):
        project_of(entry("spam-1.0.tar.gz")).as_of(0)


@pytest.mark.parametrize("name", recorded_names())
def test_recorded_pages(name: str) -> None:
    page = recording(name)["page"]
    body = json.dumps(page).encode()
    listed = listed_in(body, "application/json", URL, trusted=False)
    project = digest(name, listed)
    versions = [Version(r.version) for r in project.releases]
    assert versions == sorted(versions, reverse=True)
    assert len(files_of(project)) + project.dropped == len(page["files"])
    assert set(recording(name)["metadata"]) <= set(project.by_version)
    assert all(f.uploaded and f.sha256 and f.size for f in files_of(project))
