"""What was counted is kept in a namespace."""

import threading
from types import SimpleNamespace

counts = SimpleNamespace(hits=0)


def work():
    for _ in range(100):
        counts.hits += 1  # expect: UG401


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counts.hits > 0)


if __name__ == "__main__":
    main()
