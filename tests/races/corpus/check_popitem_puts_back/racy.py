"""Two threads see the last one free, and one of them finds none to take."""

import threading


def main():
    pool = {name: [] for name in "abc"}

    def work():
        for _ in range(10):
            if pool:  # expect: UG402
                name, resource = pool.popitem()
                pool[name] = resource

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pool))


if __name__ == "__main__":
    main()
