"""Who comes first takes the offer, from a mapping whose methods are Python code."""

import threading
from collections import UserDict


class Offers(UserDict):
    pass


def main():
    offers = Offers({"tea": 3})
    start = threading.Barrier(2)

    def take():
        start.wait()
        offers.pop("tea", None)  # expect: UG401; allow: UG402

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(offers))


if __name__ == "__main__":
    main()
