"""How requests is set up: repeats, and the trust store. Imported with it."""

from __future__ import annotations

import ssl
from typing import Any

import requests
import truststore
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ungil.index.pauses import LIMITING

__all__ = ["new_session"]

BACKOFF = 0.5
"""Seconds before the second repeat; it doubles with each further one."""

_REPEATS = 3


class _Repeats(Retry):
    """Repeats what may succeed the next time, unless the server says when to come back."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        # `Pauses` sees to those: it knows of all threads.
        told = has_retry_after and status_code in LIMITING
        return not told and super().is_retry(method, status_code)


class _SystemTrustAdapter(HTTPAdapter):
    """Verifies with the operating system's certificates, as pip does."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as urllib3 and requests declare it
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*args, ssl_context=context, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ANN401 - as urllib3 and requests declare it
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call] # requests has no types here
        if verify is True:
            conn.ca_certs = None  # requests would add its own list


def new_session(*, system_trust: bool, connections: int, agent: str) -> requests.Session:
    """A session that repeats what may succeed the next time.

    Args:
        system_trust: Verify with the operating system's certificates?
        connections: To one host, kept open.
        agent: What it says it is.
    """
    retry = _Repeats(
        total=_REPEATS,
        read=1,  # each may last as long as the time-out
        backoff_factor=BACKOFF,
        status_forcelist=(500, 502, 503, 504),
        respect_retry_after_header=False,
        raise_on_status=False,  # the caller says it better
    )
    kind = _SystemTrustAdapter if system_trust else HTTPAdapter
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, kind(pool_maxsize=connections, max_retries=retry))
    session.headers["User-Agent"] = agent
    return session
