"""Two threads call a function that has a contract."""

# mypy: ignore-errors
import threading

import icontract


@icontract.require(lambda price: price > 0)
def order(price: int) -> int:
    """What the contract guards."""
    return price


start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for price in range(1, 100):
        order(price)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
