"""Two threads call a function that is cached without a lock."""

# mypy: ignore-errors
import threading

from cachetools import LRUCache, cached


@cached(LRUCache(maxsize=8))
def square(number: int) -> int:
    """What is worth caching."""
    return number * number


start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(300):
        square(number % 12)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
