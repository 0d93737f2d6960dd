"""Two workers take jobs from a list, until there are none."""

import threading

jobs = ["sweep", "wash", "iron"]


def work(waiting):
    while True:
        try:
            job = waiting.pop()
        except IndexError:
            return
        print("done:", job)


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
