"""The index over HTTP: every fault is one clear line, and little is asked."""

from __future__ import annotations

import io
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from opener import Opener

from loopback import LoopbackIndex, recorded_names, wheel
from ungil._version import __version__
from ungil.index import (
    IndexSettings,
    PackageIndex,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
)
from ungil.index import transport as transport_module


@pytest.fixture
def spam(server: LoopbackIndex) -> LoopbackIndex:
    server.add("spam", "spam-1.0-py3-none-any.whl", wheel("spam", "1.0"))
    return server


def only_line(index: PackageIndex, name: str = "spam") -> str:
    """The message of the failure that asking must end in."""
    with pytest.raises(PackageIndexError) as caught:
        index.project(name)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    assert not isinstance(caught.value, ProjectNotFoundError)
    assert "index page of spam" in line
    return line


def test_a_project_in_any_spelling(spam: LoopbackIndex, opened: Opener) -> None:
    project = opened(spam.url).project("SPAM")
    assert project.name == "spam"
    assert spam.agents == {f"ungil/{__version__}"}
    assert opened(spam.url.rstrip("/")).project("spam") == project


@pytest.mark.parametrize("name", recorded_names()[:6])
def test_html_says_the_same_except_for_what_it_cannot(name: str, opened: Opener) -> None:
    with LoopbackIndex() as json_server:
        asked = opened(json_server.url).project(name)
        json_server.serves_html = True
        html = opened(json_server.url, refresh=True).project(name)
    assert [r.version for r in html.releases] == [r.version for r in asked.releases]
    assert html.tags == asked.tags
    left = html.releases[0].files[0]
    right = asked.releases[0].files[0]
    assert (left.name, left.url, left.sha256, left.requires_python, left.has_metadata) == (
        right.name,
        right.url,
        right.sha256,
        right.requires_python,
        right.has_metadata,
    )
    assert (left.uploaded, left.size) == (None, None)


@pytest.mark.parametrize(
    ("fault", "says", "advises"),
    [
        ("401", "401 Unauthorized: credentials are missing or wrong", "netrc"),
        ("403", "403 Forbidden: credentials are missing or do not suffice", "netrc"),
        ("418", "answered 418", "check the address"),
        ("500", "500 Internal Server Error", "try again later"),
        ("503", "503 Service Unavailable", "try again later"),
        ("599", "599", "try again later"),
        ("429", "429 Too Many Requests", "fewer requests"),
        ("html-as-json", "announced JSON and sent HTML", "simple API"),
        ("portal", "perhaps a login page", "simple API"),
        ("half", "broke off", "try again later"),
        ("half-json", "broken or cut short", ""),
        ("drop", "broke off", "try again later"),
    ],
)
def test_faults(spam: LoopbackIndex, opened: Opener, fault: str, says: str, advises: str) -> None:
    spam.fail("/simple/", fault)
    line = only_line(opened(spam.url))
    assert says in line
    assert advises in line
    assert spam.root in line


def test_silence(spam: LoopbackIndex, opened: Opener) -> None:
    spam.fail("/simple/", "hang")
    assert "fell silent" in only_line(opened(spam.url, timeout=0.2))


@pytest.mark.parametrize("fault", ["500", "503", "429", "drop", "half"])
def test_a_fault_that_passes_is_not_seen(spam: LoopbackIndex, opened: Opener, fault: str) -> None:
    spam.fail("/simple/", fault, times=1)
    assert opened(spam.url).project("spam").releases


@pytest.mark.parametrize("status", ["429", "503"])
def test_retry_after_is_obeyed_by_all_threads(
    server: LoopbackIndex, opened: Opener, status: str
) -> None:
    names = [f"spam{n}" for n in range(12)]
    for name in names:
        server.add(name, f"{name}-1.0-py3-none-any.whl", wheel(name, "1.0"))
    server.fail("/simple/", status, times=1, headers={"Retry-After": "1"})
    index = opened(server.url)
    index.project(names[0])
    assert server.total == 2

    server.fail("/simple/", status, times=4, headers={"Retry-After": "1"})
    start = time.monotonic()
    found = index.projects(names[1:])
    assert all(isinstance(project, Project) for project in found.values())
    assert time.monotonic() - start >= 1


def test_retry_after_may_be_a_date(spam: LoopbackIndex, opened: Opener) -> None:
    soon = formatdate(time.time() + 1, usegmt=True)
    spam.fail("/simple/", "429", times=1, headers={"Retry-After": soon})
    assert opened(spam.url).project("spam").releases


def test_an_index_that_wants_a_long_rest_is_not_asked_again(
    spam: LoopbackIndex, opened: Opener
) -> None:
    spam.fail("/simple/", "429", headers={"Retry-After": "3600"})
    assert "try again in 3600 s" in only_line(opened(spam.url))
    assert spam.total == 1


def test_patience_is_told(spam: LoopbackIndex, opened: Opener) -> None:
    told: list[tuple[str, float]] = []
    spam.fail("/simple/", "429", times=1, headers={"Retry-After": "1"})
    settings = opened(spam.url).settings
    with PackageIndex(settings, on_pause=lambda *what: told.append(what)) as index:
        index.project("spam")
    assert told == [(spam.root, 1.0)]


def test_whoever_waits_is_let_go_when_the_index_closes(spam: LoopbackIndex, opened: Opener) -> None:
    spam.fail("/simple/", "429", headers={"Retry-After": "600"})
    pausing = threading.Event()
    settings = replace(opened(spam.url).settings, patience=900.0)
    index = PackageIndex(settings, on_pause=lambda *_: pausing.set())
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(index.project, "spam")
        assert pausing.wait(10)
        index.close()
        with pytest.raises(PackageIndexError):
            asked.result(timeout=10)


@pytest.mark.parametrize("said", ["nonsense", "-1", "", "9" * 400])
def test_a_retry_after_that_says_nothing(spam: LoopbackIndex, opened: Opener, said: str) -> None:
    spam.fail("/simple/", "429", times=1, headers={"Retry-After": said})
    index = opened(spam.url)
    if said.startswith("9"):
        assert "429" in only_line(index)
    else:
        assert index.project("spam").releases


def test_a_host_without_a_name(opened: Opener) -> None:
    assert "cannot be resolved" in only_line(opened("http://nowhere.invalid/simple/"))


def test_a_server_that_is_not_there_is_asked_once(opened: Opener) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        index = opened(f"http://127.0.0.1:{taken.getsockname()[1]}/simple/")
        assert "refused" in only_line(index)
        assert "not asked again" in only_line(index)


def test_tls_that_cannot_be_verified(opened: Opener, tmp_path: Path) -> None:
    certificate = tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate, "-out",
         tmp_path / "cert.pem", "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    with LoopbackIndex(recorded=False) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", certificate)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        line = only_line(opened(url))
        assert "TLS certificate cannot be verified" in line
        assert "PIP_CERT" in line
        server.add("spam", "spam-1.0.tar.gz")
        trusting = opened(url, ca_bundle=str(tmp_path / "cert.pem"))
        assert trusting.project("spam").releases


def test_a_certificate_file_that_is_not_there(opened: Opener) -> None:
    index = opened("https://127.0.0.1:9/simple/", ca_bundle="/nowhere/ca.pem")
    assert "TLS settings" in only_line(index)


def test_a_proxy_that_is_not_there(spam: LoopbackIndex, opened: Opener) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert "proxy" in only_line(opened(spam.url, proxy=proxy))


def test_a_redirect_in_a_circle(spam: LoopbackIndex, opened: Opener) -> None:
    spam.fail("/simple/", "301", headers={"Location": "/simple/spam/"})
    assert "redirects in a circle" in only_line(opened(spam.url))


def test_a_redirect_to_somewhere_unusable(spam: LoopbackIndex, opened: Opener) -> None:
    spam.fail("/simple/", "302", headers={"Location": "file:///etc/passwd"})
    assert "cannot be used" in only_line(opened(spam.url))


def test_links_are_relative_to_where_a_redirect_ends(server: LoopbackIndex, opened: Opener) -> None:
    server.add("eggs", "spam-1.0.tar.gz", url="rel/spam-1.0.tar.gz")
    server.fail("/simple/spam/", "302", headers={"Location": "/simple/eggs/"})
    [release] = opened(server.url).project("spam").releases
    assert release.files[0].url == f"{server.url}eggs/rel/spam-1.0.tar.gz"


def test_an_answer_over_the_cap(
    spam: LoopbackIndex, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        transport_module.Transport.get, "__kwdefaults__", {"headers": None, "cap": 64}
    )
    assert "larger than" in only_line(opened(spam.url))


def test_nobody_has_it(spam: LoopbackIndex, opened: Opener) -> None:
    index = opened(spam.url)
    with pytest.raises(ProjectNotFoundError, match=r"no project 'eggs' \(asked: http://127"):
        index.project("eggs")
    with pytest.raises(ProjectNotFoundError):
        index.project("eggs")
    assert spam.requests["/simple/eggs/"] == 1  # that there is none is cached too
    before = spam.total
    for impossible in ("../etc", "a/b", "", "\x1b[2J", "é"):
        with pytest.raises(ProjectNotFoundError) as caught:
            index.project(impossible)
        assert str(caught.value).isprintable()
    assert spam.total == before
    with pytest.raises(ProjectNotFoundError, match="--no-index"):
        opened().project("spam")


# What is asked, and how often


def test_a_fresh_page_is_not_asked_again(spam: LoopbackIndex, opened: Opener) -> None:
    assert opened(spam.url, clock=1000).project("spam") == opened(spam.url, clock=1599).project(
        "spam"
    )
    assert spam.total == 1


def test_a_stale_page_is_only_revalidated(spam: LoopbackIndex, opened: Opener) -> None:
    opened(spam.url, clock=1000).project("spam")
    opened(spam.url, clock=1600).project("spam")
    assert (spam.total, spam.not_modified) == (2, 1)
    opened(spam.url, clock=2100).project("spam")
    assert spam.total == 2
    spam.add("spam", "spam-2.0.tar.gz")
    assert len(opened(spam.url, clock=9000).project("spam").releases) == 2
    assert (spam.total, spam.not_modified) == (3, 1)


def test_a_clock_that_was_wrong_does_not_keep_a_page_for_ever(
    spam: LoopbackIndex, opened: Opener
) -> None:
    opened(spam.url, clock=9e9).project("spam")
    opened(spam.url, clock=1000).project("spam")
    assert spam.not_modified == 1


@pytest.mark.parametrize(
    ("control", "asked"), [("max-age=5, public", 2), ("max-age=50", 1), ("no-cache", 2)]
)
def test_the_server_says_how_long(
    spam: LoopbackIndex, opened: Opener, control: str, asked: int
) -> None:
    spam.cache_control = control
    for now in (1000, 1010):
        opened(spam.url, clock=now).project("spam")
    assert spam.total == asked


def test_what_must_not_be_stored_is_not(spam: LoopbackIndex, opened: Opener) -> None:
    spam.cache_control = "no-store"
    opened(spam.url).project("spam")
    with pytest.raises(PackageIndexError, match="--offline"):
        opened(spam.url, offline=True).project("spam")


def test_refresh_asks_once_for_each_page(spam: LoopbackIndex, opened: Opener) -> None:
    opened(spam.url).project("spam")
    index = opened(spam.url, refresh=True)
    for _ in range(3):
        index.project("spam")
    assert (spam.total, spam.not_modified) == (2, 1)


def test_offline_takes_any_age_and_asks_nobody(spam: LoopbackIndex, opened: Opener) -> None:
    known = opened(spam.url, clock=1000).project("spam")
    offline = opened(spam.url, clock=9e8, offline=True)
    assert offline.project("spam") == known
    assert "--offline" in only_line(opened(spam.url + "other/", offline=True))
    assert spam.total == 1


def test_many_at_once_but_not_too_many(opened: Opener) -> None:
    with LoopbackIndex(recorded=False) as server:
        names = [f"spam-{number}" for number in range(60)]
        for name in names:
            server.add(name, f"{name.replace('-', '_')}-1.0.tar.gz")
        server.fail("/simple/", "slow")
        index = opened(server.url)
        seen: list[tuple[int, int]] = []
        found = index.projects([*names, "SPAM_0", "eggs"], lambda *now: seen.append(now))
        assert list(found) == [*names, "eggs"]
        assert isinstance(found["eggs"], ProjectNotFoundError)
        assert server.total == 61
        assert 8 <= server.busiest <= 16
        assert seen == [(n, 61) for n in range(1, 62)]


def test_one_index_for_many_threads(spam: LoopbackIndex, opened: Opener) -> None:
    index = opened(spam.url)
    threads = [threading.Thread(target=index.project, args=["spam"]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.project("spam").releases


def test_a_warm_run_imports_no_http_client(spam: LoopbackIndex, opened: Opener) -> None:
    index = opened(spam.url)
    index.project("spam")
    code = (
        "import sys; from pathlib import Path; from ungil.index import *\n"
        f"s = IndexSettings(({spam.url!r},), Path({str(index.settings.cache_dir)!r}))\n"
        "with PackageIndex(s) as index: index.project('spam')\n"
        "heavy = {'requests', 'urllib3', 'ssl', 'mousebender', 'distlib', 'email'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Several indexes


def test_indexes_and_links_are_put_together(
    spam: LoopbackIndex, opened: Opener, tmp_path: Path
) -> None:
    extra = tmp_path / "simple" / "spam"
    extra.mkdir(parents=True)
    (extra / "index.html").write_text('<a href="../../files/spam-2.0.tar.gz#sha256=aa">x</a>')
    plain = tmp_path / "plain" / "spam"
    plain.mkdir(parents=True)
    (plain / "spam-3.0.tar.gz").touch()
    links = tmp_path / "links"
    links.mkdir()
    (links / "Spam-4.0+cpu-py3-none-any.whl").touch()
    (links / "eggs-1.0.tar.gz").touch()
    single = tmp_path / "spam-5.0.zip"
    single.touch()
    (tmp_path / "page.html").write_text('<a href="spam-6.0.tar.gz">x</a>')
    index = opened(
        spam.url,
        (tmp_path / "simple").as_uri(),
        (tmp_path / "plain").as_uri(),
        find_links=(links.as_uri(), single.as_uri(), (tmp_path / "page.html").as_uri()),
    )
    project = index.project("spam")
    assert [r.version for r in project.releases] == [
        "6.0", "5.0", "4.0+cpu", "3.0", "2.0", "1.0",
    ]  # fmt: skip
    assert project.dropped == 0
    assert project.by_version["2.0"].files[0].url == (tmp_path / "files/spam-2.0.tar.gz").as_uri()
    assert project.by_version["4.0+cpu"].files[0].url == (
        links / "Spam-4.0%2Bcpu-py3-none-any.whl"
    ).as_uri().replace("%25", "%")
    assert index.project("eggs").releases


def test_links_on_a_page_of_a_server(spam: LoopbackIndex, opened: Opener) -> None:
    spam.add("links", "eggs-1.0.tar.gz")
    for _ in range(2):
        index = opened(find_links=(f"{spam.url}links/",))
        assert index.project("eggs").releases
        assert index.project("eggs").releases
    assert spam.total == 1


def test_an_extra_index_may_not_know_it_but_must_answer(
    spam: LoopbackIndex, opened: Opener
) -> None:
    with LoopbackIndex(recorded=False) as other:
        assert opened(spam.url, other.url).project("spam").releases
        other.fail("/", "503")
        assert "503" in only_line(opened(spam.url, other.url, refresh=True))


# Credentials


SECRET = "s3cret@/:word"


def test_credentials_open_the_index_and_stay_secret(
    spam: LoopbackIndex, opened: Opener, tmp_path: Path
) -> None:
    spam.password = ("me", SECRET)
    index = opened(spam.url_with("me", SECRET))
    project = index.project("spam")
    file = project.releases[0].files[0]
    assert index.metadata("spam", "1.0", file)
    with pytest.raises(ProjectNotFoundError) as missing:
        index.project("eggs")
    wrong = only_line(opened(spam.url_with("me", "s3cret"), refresh=True))
    kept = b"".join(
        str(path).encode() + path.read_bytes()
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file()
    )
    for text in (file.url, str(missing.value), wrong, kept.decode("latin-1")):
        assert "s3cret" not in text
    assert "401" in only_line(opened(spam.url, refresh=True))


def test_credentials_go_to_their_own_host_only(
    spam: LoopbackIndex, opened: Opener, tmp_path: Path
) -> None:
    with LoopbackIndex(recorded=False) as other:
        other.password = ("me", "secret")
        path = other.add("x", "spam-2.0-py3-none-any.whl", wheel("spam", "2.0"))
        spam.add("spam", "spam-2.0-py3-none-any.whl", url=other.root + path)
        index = opened(spam.url_with("me", "secret"))
        file = index.project("spam").by_version["2.0"].files[0]
        with pytest.raises(PackageIndexError, match="401"):
            index.metadata("spam", "2.0", file)


def test_netrc(
    spam: LoopbackIndex, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    spam.password = ("me", "secret")
    assert opened(spam.url).project("spam").releases


def test_what_an_index_says_cannot_act_on_a_terminal(server: LoopbackIndex, opened: Opener) -> None:
    evil = "spam-1.0\x1b[2J-py3-none-any.whl"
    server.add("spam", evil)
    server.add("spam", "spam-1.0-py3-none-\x1b[2J.whl", b"no zip", yanked="\x1b[2J")
    index = opened(server.url)
    [release] = index.project("spam").releases
    assert release.files[0].yanked == "\x1b[2J"
    with pytest.raises(PackageIndexError) as caught:
        index.metadata("spam", "1.0", release.files[0])
    assert str(caught.value).isprintable()
    assert "\\x1b" in str(caught.value)


def test_the_door_is_light() -> None:
    out = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import ungil.index"],
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    modules = {line.rpartition("|")[2].strip() for line in io.StringIO(out)}
    assert not modules & {"requests", "ssl", "asyncio", "mousebender.simple", "platformdirs"}


def test_settings_are_kept() -> None:
    settings = IndexSettings((), Path("nowhere"))
    assert PackageIndex(settings).settings is settings
