"""Requests to a server that takes a moment for each: waiting for a network, little computing.

The server is a process of its own, so that it takes nobody the GIL; its processor time is not
counted. It ends when whoever started it does.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from functools import cache
from http.client import HTTPConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

PARAMETERS = {"requests": 96, "milliseconds": 8}
QUICK = {"requests": 32, "milliseconds": 4}

Request = tuple[int, str]

_HOST = "127.0.0.1"
_PATIENCE = 30.0
_NUMBERS = 50
"""In each answer."""


def items(requests: int, milliseconds: int) -> list[Request]:
    """The server's port, and what is asked of it."""
    return [(_port(), f"/{number}/{milliseconds}") for number in range(requests)]


def task(request: Request) -> int:
    """Ask, and add up what is in the answer."""
    port, path = request
    connection = HTTPConnection(_HOST, port, timeout=_PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse().read()
    connection.close()
    return sum(json.loads(answer)["numbers"])


async def coroutine(request: Request) -> int:
    """The same under asyncio, for which the standard library has no client."""
    port, path = request
    reader, writer = await asyncio.open_connection(_HOST, port)
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    _, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return sum(json.loads(answer)["numbers"])


def check(results: list[int], requests: int, milliseconds: int) -> bool:  # noqa: ARG001 - how long each takes changes no result
    """Did each request get its own answer?"""
    first = _NUMBERS * (_NUMBERS - 1) // 2
    return results == [first + _NUMBERS * number for number in range(requests)]


@cache
def _port() -> int:
    """The port of this process's server, which is started the first time."""
    server = subprocess.Popen(  # noqa: S603 - this very module
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None  # noqa: S101 - it is a pipe
    _servers.append(server)
    return int(server.stdout.readline())


_servers: list[subprocess.Popen[bytes]] = []
"""While it is here, its standard input is open, and it runs."""


async def _serve() -> None:
    server = await asyncio.start_server(_answer, _HOST, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.buffer.read)  # until it is closed


async def _answer(reader: StreamReader, writer: StreamWriter) -> None:
    _, path, _ = (await reader.readline()).split()
    while await reader.readline() not in {b"\r\n", b""}:
        pass
    number, milliseconds = map(int, path.decode().strip("/").split("/"))
    await asyncio.sleep(milliseconds / 1000)
    body = json.dumps({"numbers": list(range(number, number + _NUMBERS))}).encode()
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve())
