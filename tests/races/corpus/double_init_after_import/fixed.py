"""A module that is imported when it is first needed: all threads get the same."""

import threading

decimal = None


def price(text):
    global decimal
    if decimal is None:  # allow: UG408
        import decimal  # allow: UG408
    return decimal.Decimal(text).quantize(decimal.Decimal("0.01"))  # allow: UG408


def main():
    threads = [threading.Thread(target=price, args=["3.14159"]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(price("2.71828"))


if __name__ == "__main__":
    main()
