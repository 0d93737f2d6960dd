"""Two threads ask for the one lock of a path."""

# mypy: ignore-errors
import tempfile
import threading
from pathlib import Path

from filelock import FileLock

folder = Path(tempfile.gettempdir())
paths = [folder / f"shop-{number}.lock" for number in range(300)]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    locks = [FileLock(path, is_singleton=True) for path in paths]
    locks.clear()


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
