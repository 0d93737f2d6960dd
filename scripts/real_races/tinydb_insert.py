"""Two threads insert documents into one database."""

# mypy: ignore-errors
import threading

from tinydb import TinyDB
from tinydb.storages import MemoryStorage

shop = TinyDB(storage=MemoryStorage)
shop.insert({"name": "pear"})
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for _ in range(50):
        shop.insert({"name": "apple"})


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
