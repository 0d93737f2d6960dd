"""A module is imported by the threads that need it."""

import threading


def work():
    import settings

    for _ in range(settings.ROUNDS):
        settings.rounds += 1  # expect: UG401


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
