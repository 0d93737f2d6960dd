"""An order is shipped once it is paid; two threads look after it."""

import threading

order = {"state": "paid", "shipped": []}


def ship(by):
    match order:
        case {"state": "paid", "shipped": list(parcels)}:  # expect: UG402
            parcels.append(by)
            order["state"] = "shipped"  # expect: UG402


def main():
    threads = [threading.Thread(target=ship, args=(by,)) for by in ("rail", "road")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(order["state"])


if __name__ == "__main__":
    main()
