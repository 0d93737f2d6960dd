"""Two workers take jobs from a list, as long as there are some."""

import threading

jobs = ["sweep", "wash", "iron"]


def work(waiting):
    while waiting:  # expect: UG402
        print("done:", waiting.pop())  # expect: UG402


def main():
    threads = [threading.Thread(target=work, args=(jobs,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not jobs:
        print("all done")


if __name__ == "__main__":
    main()
