"""Two threads ask for the error of the same results."""

# mypy: ignore-errors
import threading

from uncertainties import ufloat

prices = [ufloat(number, 0.1) for number in range(2000)]
totals = [sum(prices) * number for number in range(1, 10)]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for total in totals:
        _ = total.std_dev


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
