"""Where to look for packages, and how: the user's own configuration.

pip's and uv's settings are read where their documentation says they are, so
that whoever can install a package can have it checked without a new setting.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ungil.cache import cache_directory
from ungil.findings import printable
from ungil.index.model import PackageIndexError

__all__ = ["IndexSettings", "default_index_url"]

DEFAULT_TIMEOUT = 15.0
"""Seconds; pip's."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where to look for packages, and how.

    Attributes:
        index_urls: Roots of simple APIs, the first being asked first; all of
            them count. May hold credentials, and may be `file:` URLs.
        find_links: Directories, HTML pages and files to look at besides.
        cache_dir: Where to keep what was learnt.
        offline: Ask no server; whatever the cache holds is fresh enough.
        refresh: Ask again about everything the cache holds.
        ca_bundle: A file or directory of certificate authorities; None for
            the operating system's.
        client_cert: A file with a certificate and its key.
        proxy: For all requests; None for what the environment says.
        timeout: Seconds without an answer.
        patience: Seconds that a server may hold up one request by asking to come back
            later; one that asks for more is not asked again.
    """

    index_urls: tuple[str, ...]
    cache_dir: Path
    find_links: tuple[str, ...] = ()
    offline: bool = False
    refresh: bool = False
    ca_bundle: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    patience: float = 20.0

    @classmethod
    def from_environment(
        cls,
        *,
        index_url: str | None = None,
        extra_index_urls: tuple[str, ...] = (),
        find_links: tuple[str, ...] = (),
        no_index: bool = False,
        offline: bool = False,
        refresh: bool = False,
        cache_dir: Path | None = None,
        project: Path | None = None,
    ) -> IndexSettings:
        """The arguments, completed by what the user has configured.

        For each setting the first of these that has it counts: the
        argument; uv's and then pip's environment variables; uv's files, the
        project's before the user's; pip's files; the default. Extra indexes
        and links that are given as arguments are added to the configured
        ones.

        Args:
            index_url: The first index.
            extra_index_urls: Further ones.
            find_links: See above.
            no_index: Ask no index at all, only `find_links`.
            offline: See above.
            refresh: See above.
            cache_dir: None for `UNGIL_CACHE_DIR`, or else the user's cache.
            project: Where to look for uv's project settings, upwards from
                there; None for the current directory.

        Raises:
            PackageIndexError: A configuration file cannot be read.
        """
        found: dict[str, Any] = {}
        for layer in _layers(project or Path.cwd()):
            for key, value in layer.items():
                if value not in (None, "", [], ()):
                    found.setdefault(key, value)
        indexes: list[str] = []
        if not (no_index or found.get("no_index")):
            first = index_url or found.get("index_url") or default_index_url()
            indexes = [first, *extra_index_urls, *found.get("extra_index_urls", ())]
        links = (*find_links, *found.get("find_links", ()))
        return cls(
            index_urls=tuple(dict.fromkeys(map(_as_url, indexes))),
            cache_dir=cache_dir or cache_directory(),
            find_links=tuple(dict.fromkeys(map(_as_url, links))),
            offline=offline,
            refresh=refresh,
            ca_bundle=found.get("ca_bundle"),
            client_cert=found.get("client_cert"),
            proxy=found.get("proxy"),
            timeout=found.get("timeout", DEFAULT_TIMEOUT),
        )


def default_index_url() -> str:
    """The index that installers ask if nobody says otherwise, as distlib knows it."""
    import importlib.util  # noqa: PLC0415 - not every run needs it
    from urllib.parse import urljoin  # noqa: PLC0415 - not every run needs it

    # Importing distlib.index takes 80 ms for this one line, a fifth of what a
    # run of 300 distributions may take.
    spec = importlib.util.find_spec("distlib")
    for folder in (spec and spec.submodule_search_locations) or ():
        source = Path(folder, "index.py")
        if source.is_file():
            text = source.read_text("utf-8")
            match = re.search(
                r"^DEFAULT_INDEX\s*=\s*['\"](https?://[^'\"]+)['\"]", text, re.MULTILINE
            )
            if match is not None:
                return urljoin(match[1], "/simple/")
    from distlib.index import DEFAULT_INDEX  # type: ignore[import-untyped]  # noqa: PLC0415 - not every run needs it

    return urljoin(str(DEFAULT_INDEX), "/simple/")


def _as_url(place: str) -> str:
    """A path as a `file:` URL; a URL as it is."""
    place = place.strip()
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", place):
        return place
    return Path(place).expanduser().absolute().as_uri()


def _layers(project: Path) -> Iterator[Mapping[str, Any]]:
    """Settings by our names, those that count most first."""
    yield _uv_environment()
    yield _pip_settings(_pip_environment())
    yield from _uv_files(project)
    for config in reversed(list(_pip_files())):
        yield _pip_settings(config)


def _uv_environment() -> dict[str, Any]:
    env = os.environ.get
    # Each entry may be given as `name=https://...`.
    named = [re.sub(r"^[\w.-]+=(?=\S)", "", entry) for entry in env("UV_INDEX", "").split()]
    return {
        "index_url": re.sub(r"^[\w.-]+=", "", env("UV_DEFAULT_INDEX", "")) or env("UV_INDEX_URL"),
        "extra_index_urls": [*named, *env("UV_EXTRA_INDEX_URL", "").split()],
        "find_links": [p for p in env("UV_FIND_LINKS", "").split(",") if p],
        "no_index": _truth(env("UV_NO_INDEX", "")),
        "client_cert": env("SSL_CLIENT_CERT"),
        "timeout": _seconds(env("UV_HTTP_TIMEOUT", "")),
    }


def _pip_environment() -> dict[str, str]:
    # pip reads every option from PIP_<OPTION>; an empty one is not set.
    found = {
        key[4:].lower().replace("_", "-"): value
        for key, value in os.environ.items()
        if key.startswith("PIP_") and value
    }
    # What requests and OpenSSL, hence pip and uv, read besides.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if os.environ.get(name):
            found.setdefault("cert", os.environ[name])
    return found


def _pip_settings(config: Mapping[str, str]) -> dict[str, Any]:
    return {
        "index_url": config.get("index-url") or config.get("pypi-url"),
        "extra_index_urls": config.get("extra-index-url", "").split(),
        "find_links": config.get("find-links", "").split(),
        "no_index": _truth(config.get("no-index", "")),
        "ca_bundle": config.get("cert"),
        "client_cert": config.get("client-cert"),
        "proxy": config.get("proxy"),
        "timeout": _seconds(config.get("timeout") or config.get("default-timeout") or ""),
    }


def _pip_files() -> Iterator[dict[str, str]]:
    """The configuration files of pip, those that count least first.

    https://pip.pypa.io/en/stable/topics/configuration/
    """
    import configparser  # noqa: PLC0415 - not every run needs it

    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    for path in _pip_paths(chosen):
        if not path.is_file():
            continue
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(path.read_text("utf-8-sig"), str(path))
        except (OSError, ValueError, configparser.Error) as error:
            raise _unreadable(path, error) from None
        sections = [s for s in ("global", "install") if parser.has_section(s)]
        yield {
            key.lower().replace("_", "-"): value
            for section in sections
            for key, value in parser.items(section)
        }


def _pip_paths(chosen: str | None) -> Iterator[Path]:
    import platformdirs  # noqa: PLC0415 - not every run needs it

    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    if sys.platform == "darwin":
        shared = [platformdirs.site_data_dir("pip", appauthor=False)]
        user = Path(platformdirs.user_data_dir("pip", appauthor=False))
        if not user.is_dir():
            user = Path.home() / ".config" / "pip"
    else:
        shared = platformdirs.site_config_dir("pip", appauthor=False, multipath=True).split(
            os.pathsep
        )
        shared += [] if sys.platform == "win32" else ["/etc"]
        user = Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True))
    yield from (Path(folder, name) for folder in shared)
    if not (chosen and Path(chosen).exists()):
        yield Path.home() / ("pip" if sys.platform == "win32" else ".pip") / name
        yield user / name
    # The environment that the user works in, not the one that ungil is in.
    yield Path(os.environ.get("VIRTUAL_ENV") or sys.prefix, name)
    if chosen:
        yield Path(chosen)


def _uv_files(project: Path) -> Iterator[dict[str, Any]]:
    """The configuration files of uv, those that count most first.

    https://docs.astral.sh/uv/concepts/configuration-files/
    """
    if _truth(os.environ.get("UV_NO_CONFIG", "")):
        return
    chosen = os.environ.get("UV_CONFIG_FILE")
    if chosen:
        yield _uv_settings(Path(chosen), _toml(Path(chosen)))
        return
    for folder in (project, *project.parents):
        if (folder / "uv.toml").is_file():
            yield _uv_settings(folder, _toml(folder / "uv.toml"))
            break
        if (folder / "pyproject.toml").is_file():
            table = _toml(folder / "pyproject.toml").get("tool", {})
            if isinstance(table, dict) and isinstance(table.get("uv"), dict):
                yield _uv_settings(folder, table["uv"])
                break
    if sys.platform == "win32":
        folders = [os.environ.get("APPDATA"), os.environ.get("PROGRAMDATA")]
    else:
        folders = [os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")]
        folders += (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
        folders += ["/etc"]
    for path in (Path(folder, "uv", "uv.toml") for folder in folders if folder):
        if path.is_file():
            yield _uv_settings(path.parent, _toml(path))


def _toml(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - not every run needs it

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _uv_settings(where: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    pip = table.get("pip", {})
    layers = [table, pip] if isinstance(pip, dict) else [table]

    def values(key: str) -> list[str]:
        lists = [layer[key] for layer in layers if isinstance(layer.get(key), list)]
        return [entry for entries in lists for entry in entries if isinstance(entry, str)]

    # An `explicit` index only serves what is pinned to it.
    listed = table.get("index", [])
    indexes = [
        entry
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("url"), str)
    ]
    indexes = [entry for entry in indexes if not entry.get("explicit")]
    default = [entry["url"] for entry in indexes if entry.get("default")]
    default += [layer["index-url"] for layer in layers if isinstance(layer.get("index-url"), str)]

    def place(text: str) -> str:
        return text if ":" in text[2:] else str(where / text)

    return {
        "index_url": next(iter(default), None),
        "extra_index_urls": [
            *(entry["url"] for entry in indexes if not entry.get("default")),
            *values("extra-index-url"),
        ],
        "find_links": [place(text) for text in values("find-links")],
        "no_index": next((layer["no-index"] for layer in layers if "no-index" in layer), None),
    }


def _truth(text: str) -> bool | None:
    """None if nothing is said."""
    return text.strip().lower() in {"1", "true", "yes", "on", "y", "t"} if text else None


def _seconds(text: str) -> float | None:
    try:
        return float(text) or None
    except ValueError:
        return None


def _unreadable(path: Path, error: Exception) -> PackageIndexError:
    why = " ".join(str(error).split())
    return PackageIndexError(printable(f"cannot read the settings in {path}: {why}"))
