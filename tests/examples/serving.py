"""A server of an example as a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
FEED = b"<feed><title>one</title><title>two</title></feed>"

_STARTING = 30.0  # seconds for a server to answer for the first time
_ENDING = 30.0
_LOGGING = 10.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")  # as every server logs it


class Server:
    """A running server."""

    def __init__(self, process, log):
        self.port = None  # not known before it is logged
        self.process = process
        self._log = log

    def ask(self, path, body=None):
        """The status and the text of an answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def gil(self):
        """The status and what `/gil` says."""
        status, text = self.ask("/gil")
        return status, json.loads(text)

    def said(self):
        """All that it has printed."""
        return self._log.read_text()

    def says(self, words):
        """Does it print them, now or soon? Servers log in threads of their own."""
        end = time.monotonic() + _LOGGING
        while words not in self.said() and time.monotonic() < end:
            time.sleep(0.05)
        return words in self.said()

    def wait_until_it_answers(self):
        end = time.monotonic() + _STARTING
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}: {self.said()}")
            address = _ADDRESS.search(self.said())
            self.port = address and address[1]
            try:
                if self.port:
                    self.ask("/gil")
                    return
            except OSError:
                pass  # granian logs its address before it listens
            time.sleep(0.05)
        raise AssertionError(f"it does not answer: {self.said()}")

    def stop(self):
        """Its exit status when it is asked to end.

        Not by SIGINT, which nobody in a background job of a shell script receives.
        """
        self.process.terminate()
        return self.process.wait(_ENDING)


@contextmanager
def free_port():
    """A port for a server that cannot choose one itself; nobody else gets it meanwhile."""
    with socket.socket() as one:
        shared = sys.platform == "linux"  # where granian shares its port with others
        if shared:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        if not shared:
            one.close()
        yield port


@contextmanager
def started(example, command, folder, *path, **variables):
    """The server, not yet waited for; its log is in the folder."""
    log = folder / "log"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FEEDS"))}
    search = os.pathsep.join(map(str, path))
    environment = {**kept, "PYTHONPATH": search, "PYTHONUNBUFFERED": "1", **variables}
    # One for the session: compiling Django takes longer than all else.
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    with log.open("wb") as stream, free_port() as port:
        process = subprocess.Popen(
            [str(port) if part == "PORT" else part for part in command],
            cwd=EXAMPLES / example,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Server(process, log)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_ENDING)
