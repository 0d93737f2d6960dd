"""A module holds the state of the program."""

import threading

import settings


def request():
    for _ in range(50):
        with settings.lock:
            settings.requests += 1


def main():
    threads = [threading.Thread(target=request) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(settings.requests, "of", settings.LIMIT)


if __name__ == "__main__":
    main()
