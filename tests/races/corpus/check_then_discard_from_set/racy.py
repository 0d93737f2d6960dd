"""A coupon can be used once."""

import threading


class Coupons:
    def __init__(self, codes):
        self.codes = set(codes)

    def use(self, code):
        valid = code in self.codes  # expect: UG402
        if valid:
            self.codes.discard(code)  # expect: UG402
        return valid


def main():
    coupons = Coupons(["SPRING", "SUMMER"])
    threads = [threading.Thread(target=coupons.use, args=("SPRING",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(coupons.codes))


if __name__ == "__main__":
    main()
