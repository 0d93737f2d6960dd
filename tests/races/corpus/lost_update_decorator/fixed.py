"""A decorator counts the calls of a function."""

import functools
import threading


def counted(function):
    lock = threading.Lock()

    @functools.wraps(function)
    def wrapper(*args):
        with lock:
            wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


@counted
def square(number):
    return number * number


def work():
    for number in range(50):
        square(number)


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(square.calls)


if __name__ == "__main__":
    main()
