"""A parcel may be fetched once."""

import threading


def fetch(parcels, name, fetched):
    if parcels.get(name) is not None:  # expect: UG402
        fetched.append(parcels.pop(name))  # expect: UG402


def main():
    parcels = {"ann": "books"}
    fetched = []
    threads = [threading.Thread(target=fetch, args=(parcels, "ann", fetched)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(fetched)


if __name__ == "__main__":
    main()
