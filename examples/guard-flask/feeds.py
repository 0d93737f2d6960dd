"""The titles of feeds, over HTTP: `python feeds.py [PORT]`."""

import importlib
import logging
import os
import signal
import sys

# Chosen because it serves requests by a pool of threads in this very process, with
# threads that work in parallel once the GIL is off. waitress does so as well, and
# had its last release in 2024.
from cheroot.wsgi import Server
from flask import Flask, Response, jsonify, request

import ungil

PARSER = os.environ.get("FEEDS_PARSER", "xml.etree.ElementTree")
"""The module that parses feeds; `lxml.etree` is faster, and has the same functions."""

ON_GIL = os.environ.get("FEEDS_ON_GIL", "fail")
"""`fail` or `warn`; see `main`."""

app = Flask(__name__)


@app.post("/titles")
def titles() -> Response:
    """The titles in the feed that is the request's body."""
    # Imported where it is used, as is often done to start faster. So it is a
    # request that may switch the GIL on, hours after the start.
    parser = importlib.import_module(PARSER)
    feed = parser.fromstring(request.get_data())
    return jsonify(titles=[title.text for title in feed.iter("title")])


@app.get("/gil")
def gil() -> tuple[Response, int]:
    """How it stands with the GIL of this process.

    For what watches the process, not for the public: it names files. Once the
    GIL is on it stays on, for all requests. So a process that was to fail says that
    it should be replaced.
    """
    status = ungil.gil_status()
    came_on = status.free_threaded_build and status.enabled
    answer = jsonify(
        free_threaded_build=status.free_threaded_build,
        enabled=status.enabled,
        who=status.switch and str(status.switch),
    )
    return answer, 503 if came_on and ON_GIL == "fail" else 200


def main(port: int) -> None:
    """Serve until somebody presses Ctrl-C, or a container is stopped."""
    # SIGTERM would end the process at once, without leaving the guard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.INFO)
    # `warn` issues a Python warning. This makes it a record of the logger `py.warnings`.
    logging.captureWarnings(capture=True)
    server = Server(("127.0.0.1", port), app, numthreads=8)
    # Around the server, since the guard is one for all threads: no view has to know
    # of it. If what was imported above has switched the GIL on already, entering it
    # is the error, and nothing is served; if the GIL is on in the end, leaving it is.
    with ungil.guard(on_gil=ON_GIL):
        server.prepare()
        logging.info("Serving on http://%s:%d", *server.bind_addr)
        try:
            server.serve()
        except KeyboardInterrupt:
            logging.info("Stopping")
        finally:
            server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
