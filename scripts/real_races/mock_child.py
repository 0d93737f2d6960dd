"""Two threads ask one mock for the same attribute."""

# mypy: ignore-errors
import threading

from mock import Mock  # noqa: UP026 - the distribution is meant

shops = [Mock() for _ in range(300)]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for shop in shops:
        _ = shop.price


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
