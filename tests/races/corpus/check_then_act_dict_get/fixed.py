"""A price is looked up once and remembered."""

import threading
from functools import lru_cache


@lru_cache
def price(item):
    return len(item) * 10


def main():
    threads = [threading.Thread(target=price, args=("apple",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(price("apple"))


if __name__ == "__main__":
    main()
