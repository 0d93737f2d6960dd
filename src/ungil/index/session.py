"""How requests is set up: repeats, and the trust store. Imported with it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import requests
import truststore
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["new_session"]

BACKOFF = 0.5
"""Seconds before the second repeat; it doubles with each further one."""

_REPEATS = 3
_LONGEST_WAIT = 20.0  # seconds that a Retry-After may ask for


class _PatientRetry(Retry):
    """Honours Retry-After, but not for longer than a user would wait."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            wanted = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if wanted is None else min(wanted, _LONGEST_WAIT)


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
    retry = _PatientRetry(
        total=_REPEATS,
        read=1,  # each may last as long as the time-out
        backoff_factor=BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,  # the caller says it better
    )
    kind = _SystemTrustAdapter if system_trust else HTTPAdapter
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, kind(pool_maxsize=connections, max_retries=retry))
    session.headers["User-Agent"] = agent
    return session
