"""Two threads emit events that have handlers for one time."""

# mypy: ignore-errors
import threading

from pyee import BaseEventEmitter

events = [f"order {number}" for number in range(300)]
emitter = BaseEventEmitter()
for event in events:
    emitter.once(event, str)
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for event in events:
        emitter.emit(event, "pear")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
