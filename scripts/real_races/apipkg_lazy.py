"""Two threads use the lazy names of one package for the first time."""

# mypy: ignore-errors
import threading

import apipkg

names = [f"join{number}" for number in range(300)]
paths = apipkg.initpkg("paths", dict.fromkeys(names, "os.path:join"))
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for name in names:
        getattr(paths, name)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
