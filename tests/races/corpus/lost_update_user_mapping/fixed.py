"""Offers come and go, in a mapping whose methods are Python code: each store is one step."""

import contextlib
import threading
from collections import UserDict


class Offers(UserDict):
    def __setitem__(self, name, price):
        super().__setitem__(name, round(price, 2))


def main():
    offers = Offers({"tea": 3})
    start = threading.Barrier(3)

    def take():
        start.wait()
        with contextlib.suppress(KeyError):
            del offers["tea"]

    def offer():
        start.wait()
        offers.update({"coffee": 4.5, "milk": 2})

    threads = [threading.Thread(target=one) for one in (take, take, offer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(offers))


if __name__ == "__main__":
    main()
