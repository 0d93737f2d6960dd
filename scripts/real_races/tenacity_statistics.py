"""Two threads call a function that retries, with its own statistics."""

# mypy: ignore-errors
import threading

from tenacity import RetryError, retry, stop_after_attempt, wait_none


@retry(stop=stop_after_attempt(3), wait=wait_none())
def order() -> None:
    """Fails, always."""
    raise ConnectionError


start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(5):
        try:
            order()
        except RetryError:
            continue


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
