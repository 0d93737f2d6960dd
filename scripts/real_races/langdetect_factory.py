"""Two threads detect a language, each as its first."""

# mypy: ignore-errors
import threading

from langdetect import detect

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    detect("The shop is open on Sundays.")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
