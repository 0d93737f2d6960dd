"""Two workers take their numbers from one generator."""

import threading


def numbers():
    number = 0
    while number < 20:
        yield number
        number += 1


def take(source, taken):
    taken.append(next(source, None))  # expect: UG406


def main():
    source = numbers()
    taken = []
    threads = [threading.Thread(target=take, args=(source, taken)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(taken))


if __name__ == "__main__":
    main()
