"""Two threads send their metrics in buffers of one client."""

# mypy: ignore-errors
import threading

from datadog.dogstatsd import DogStatsd

statsd = DogStatsd()
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(10):
        with statsd:
            statsd.increment("shop.orders")
            statsd.increment("shop.pears")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
