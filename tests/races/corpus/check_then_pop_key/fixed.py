"""A parcel may be fetched once."""

import threading


def fetch(parcels, name, fetched):
    parcel = parcels.pop(name, None)
    if parcel is not None:
        fetched.append(parcel)


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
