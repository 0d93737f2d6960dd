"""Numbers for invoices, from a closure."""

import threading


def numbering():
    last = 0
    lock = threading.Lock()

    def number():
        nonlocal last
        with lock:
            last += 1
            return last

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
