"""Two threads parse a statement, each as its first."""

# mypy: ignore-errors
import threading

import sqlparse

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    sqlparse.parse("select name from shop where id = 1")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
