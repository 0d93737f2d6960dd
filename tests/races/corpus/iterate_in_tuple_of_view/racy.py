"""All the keys of a cache, while it is filled."""

import threading


def keys(cache):
    return tuple(cache.keys())  # expect: UG405


def fill(cache):
    for number in range(20):
        cache[number] = str(number)  # expect: UG405


def main():
    cache = {}
    listing = threading.Thread(target=keys, args=(cache,))
    filling = threading.Thread(target=fill, args=(cache,))
    listing.start()
    filling.start()
    listing.join()
    filling.join()
    print(len(keys(cache)))


if __name__ == "__main__":
    main()
