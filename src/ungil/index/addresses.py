"""URLs: credentials taken out, files found."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["credentials", "local_path", "origin", "shown", "simple_page", "without_credentials"]


def without_credentials(url: str) -> str:
    """`url` without user name, password and fragment.

    Raises:
        ValueError: It is no URL.
    """
    if "@" not in url and "#" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def credentials(url: str) -> tuple[str, str] | None:
    """User name and password in `url`, None if it has none."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    return (unquote(user), unquote(password)) if at else None


def origin(url: str) -> str:
    """Scheme, host and port: what credentials belong to."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def shown(url: str) -> str:
    """`url` as a message may show it: no credentials, no query that could sign it."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an unreadable URL"
    return urlunsplit(parts._replace(netloc=netloc, query="", fragment=""))


def simple_page(index_url: str, name: str) -> str:
    """The address of a project's page under an index's root (PEP 503)."""
    return f"{index_url.rstrip('/')}/{name}/"


def local_path(url: str) -> Path | None:
    """The path that a `file:` URL names, None for every other URL."""
    if not url.startswith("file:"):
        return None
    if os.name == "nt":
        from urllib.request import url2pathname  # noqa: PLC0415 - slow to import

        return Path(url2pathname(urlsplit(url).path))
    return Path(unquote(urlsplit(url).path))
