"""Two threads parse dates, each in a language that has its own order of day and month."""

# mypy: ignore-errors
import threading

import dateparser

start = threading.Barrier(2)


def work(language: str) -> None:
    """What each thread does."""
    start.wait()
    for day in range(1, 10):
        dateparser.parse(f"{day}/11/2012", languages=[language])


threads = [threading.Thread(target=work, args=(language,)) for language in ("en", "fr")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
