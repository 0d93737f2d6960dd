"""Two threads ask for the same file systems."""

# mypy: ignore-errors
import threading

import fsspec

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(50):
        fsspec.filesystem("generic", shop=number)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
