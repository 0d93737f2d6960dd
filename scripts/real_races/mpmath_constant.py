"""Two threads compute with contexts of their own, each with more digits than before."""

# mypy: ignore-errors
import threading

from mpmath import MPContext

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    context = MPContext()
    start.wait()
    for precision in range(100, 1000, 100):
        context.prec = precision
        _ = context.pi + 1


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
