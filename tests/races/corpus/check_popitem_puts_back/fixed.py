"""Who takes one out puts that one back; nobody else has it meanwhile."""

import threading


def main():
    pool = {name: [] for name in "abc"}

    def work():
        for _ in range(10):
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
