"""Numbers for invoices, from a closure."""

import threading


def numbering():
    last = 0

    def number():
        nonlocal last
        last += 1  # expect: UG401
        return last  # allow: UG408

    return number


def bill(number, count):
    return [number() for _ in range(count)]


def main():
    number = numbering()
    threads = [threading.Thread(target=bill, args=(number, 30)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(number())


if __name__ == "__main__":
    main()
