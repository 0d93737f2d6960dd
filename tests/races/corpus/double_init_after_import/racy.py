"""A module that is imported when it is first needed, and something that is made with it."""

import threading

decimal = one_cent = None


def price(text):
    global decimal, one_cent
    if decimal is None:  # allow: UG408
        import decimal  # allow: UG408
    if one_cent is None:  # expect: UG403
        one_cent = decimal.Decimal("0.01")  # expect: UG403; allow: UG408
    return decimal.Decimal(text).quantize(one_cent)  # allow: UG408


def main():
    threads = [threading.Thread(target=price, args=["3.14159"]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(price("2.71828"))


if __name__ == "__main__":
    main()
