"""An order is shipped once it is paid; two threads look after it."""

import threading

lock = threading.Lock()
order = {"state": "paid", "shipped": []}


def ship(by):
    with lock:
        match order:
            case {"state": "paid", "shipped": list(parcels)}:
                parcels.append(by)
                order["state"] = "shipped"


def main():
    threads = [threading.Thread(target=ship, args=(by,)) for by in ("rail", "road")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(order["state"])


if __name__ == "__main__":
    main()
