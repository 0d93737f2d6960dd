"""Settings: who wins, and where they are read from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from distlib.index import DEFAULT_INDEX  # type: ignore[import-untyped]

from ungil.index import IndexSettings, PackageIndexError
from ungil.index import settings as settings_module
from ungil.index.settings import default_index_url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has configured nothing."""
    for name in os.environ:
        if re.match(r"PIP_|UV_|XDG_|SSL_CERT|REQUESTS_|CURL_|VIRTUAL_ENV|UNGIL_", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / ".config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    # Shuts out what is configured for this machine as a whole.
    paths = settings_module._pip_paths
    monkeypatch.setattr(
        settings_module,
        "_pip_paths",
        lambda chosen: [path for path in paths(chosen) if path.parent != Path("/etc")],
    )
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path


def indexes(**given: object) -> list[str]:
    return list(IndexSettings.from_environment(**given).index_urls)  # type: ignore[arg-type]


def pip_conf(home: Path, text: str, where: str = ".config/pip") -> Path:
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    path = home / where / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_default_is_the_one_distlib_knows() -> None:
    url = default_index_url()
    assert url.startswith("https://")
    assert url.endswith("/simple/")
    assert DEFAULT_INDEX.removesuffix("/pypi") == url.removesuffix("/simple/")
    assert indexes() == [url]


def test_the_default_is_learnt_without_importing_distlib() -> None:
    code = (
        "import sys; from ungil.index.settings import default_index_url as d; d()\n"
        "assert 'distlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_arguments_win_and_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://env.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example")
    assert indexes() == ["https://env.example/simple", "https://a.example", "https://b.example"]
    assert indexes(index_url="https://arg.example", extra_index_urls=("https://b.example",)) == [
        "https://arg.example",
        "https://b.example",
        "https://a.example",
    ]


def test_uv_wins_over_pip_and_variables_over_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf(
        home, "[global]\nindex-url = https://piprc.example\nextra-index-url = https://x.example"
    )
    assert indexes() == ["https://piprc.example", "https://x.example"]
    (home / ".config/uv").mkdir()
    (home / ".config/uv/uv.toml").write_text('index-url = "https://uvrc.example"')
    assert indexes() == ["https://uvrc.example", "https://x.example"]
    (home / "work/pyproject.toml").write_text(
        '[[tool.uv.index]]\nurl = "https://mine.example"\ndefault = true\n'
        '[[tool.uv.index]]\nurl = "https://more.example"\n'
        '[[tool.uv.index]]\nurl = "https://pinned.example"\nexplicit = true\n'
    )
    assert indexes() == ["https://mine.example", "https://more.example"]
    (home / "work/sub").mkdir()
    assert indexes(project=home / "work/sub") == ["https://mine.example", "https://more.example"]
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example")
    assert indexes()[0] == "https://pip.example"
    monkeypatch.setenv("UV_INDEX_URL", "https://uv.example")
    assert indexes()[0] == "https://uv.example"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "named=https://new.example/?a=b")
    monkeypatch.setenv("UV_INDEX", "one=https://one.example https://two.example/?a=b")
    assert indexes() == [
        "https://new.example/?a=b",
        "https://one.example",
        "https://two.example/?a=b",
    ]


def test_the_order_of_pips_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_conf(home, "[global]\nindex_url = https://system.example\ntimeout = 3", "xdg/pip")
    assert indexes() == ["https://system.example"]
    legacy = pip_conf(home, "[install]\nINDEX-URL = https://legacy.example", ".pip")
    assert indexes() == ["https://legacy.example"]
    pip_conf(
        home, "[global]\nindex-url = https://g.example\n[install]\nindex-url=https://i.example"
    )
    assert indexes() == ["https://i.example"]
    monkeypatch.setenv("VIRTUAL_ENV", str(home / "venv"))
    pip_conf(home, "[global]\nindex-url = https://venv.example", "venv")
    assert indexes() == ["https://venv.example"]
    monkeypatch.setenv("PIP_CONFIG_FILE", str(legacy))
    assert indexes() == ["https://legacy.example"]
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert indexes() == [default_index_url()]
    assert IndexSettings.from_environment().timeout == 15
    monkeypatch.delenv("PIP_CONFIG_FILE")
    assert IndexSettings.from_environment().timeout == 3


def test_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    assert indexes(no_index=True, extra_index_urls=("https://x.example",)) == []
    monkeypatch.setenv("PIP_NO_INDEX", "off")
    assert indexes() != []
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert indexes() == []


def test_links_are_paths_or_urls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels ~/more https://links.example/")
    (home / "work/uv.toml").write_text('find-links = ["of-uv"]')
    given = IndexSettings.from_environment(find_links=("first",))
    assert given.find_links == (
        (home / "work/first").as_uri(),
        (home / "work/wheels").as_uri(),
        (home / "more").as_uri(),
        "https://links.example/",
    )
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert IndexSettings.from_environment().find_links == ((home / "work/of-uv").as_uri(),)


def test_a_local_index(home: Path) -> None:
    assert indexes(index_url="simple") == [(home / "work/simple").as_uri()]
    assert indexes(index_url="file:///x/simple") == ["file:///x/simple"]


def test_certificates_proxy_and_time_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_conf(home, "[global]\ncert=c\nclient-cert=d\nproxy=http://p.example\ndefault-timeout=99")
    found = IndexSettings.from_environment()
    assert (found.ca_bundle, found.client_cert, found.proxy, found.timeout) == (
        "c",
        "d",
        "http://p.example",
        99,
    )
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
        monkeypatch.setenv(name, name)
        assert IndexSettings.from_environment().ca_bundle == name
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "7")
    assert IndexSettings.from_environment().timeout == 7
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "soon")
    assert IndexSettings.from_environment().timeout == 99


def test_where_the_cache_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home in IndexSettings.from_environment().cache_dir.parents
    monkeypatch.setenv("UNGIL_CACHE_DIR", "elsewhere")
    assert IndexSettings.from_environment().cache_dir == Path("elsewhere")
    assert IndexSettings.from_environment(cache_dir=Path("x")).cache_dir == Path("x")


@pytest.mark.parametrize("text", ["index-url = [", "\x00"])
def test_a_file_that_cannot_be_read(home: Path, text: str) -> None:
    (home / "work/uv.toml").write_text(text)
    with pytest.raises(PackageIndexError, match=r"cannot read the settings in .*uv\.toml"):
        indexes()


def test_a_broken_pip_file(home: Path) -> None:
    pip_conf(home, "no section")
    with pytest.raises(PackageIndexError, match="cannot read the settings in") as caught:
        indexes()
    assert str(caught.value).isprintable()


def test_uv_may_be_told_to_read_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "work/uv.toml").write_text('index-url = "https://uv.example"')
    chosen = home / "chosen.toml"
    chosen.write_text('[pip]\nindex-url = "https://chosen.example"\nno-index = false')
    assert indexes() == ["https://uv.example"]
    monkeypatch.setenv("UV_CONFIG_FILE", str(chosen))
    assert indexes() == ["https://chosen.example"]
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert indexes() == [default_index_url()]
