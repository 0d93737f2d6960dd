"""All the keys of a cache, while it is filled."""

import threading


def keys(cache):
    return list(cache.keys())


def fill(cache):
    for number in range(20):
        cache[number] = str(number)


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
