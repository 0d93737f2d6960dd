"""Two threads hit one rate limit."""

# mypy: ignore-errors
import threading

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

limiter = FixedWindowRateLimiter(MemoryStorage())
limit = parse("1000/hour")
limiter.hit(limit, "anna")
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(100):
        limiter.hit(limit, "anna")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
