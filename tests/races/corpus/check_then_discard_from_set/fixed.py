"""A coupon can be used once."""

import threading


class Coupons:
    def __init__(self, codes):
        self.codes = set(codes)
        self.lock = threading.Lock()

    def use(self, code):
        with self.lock:
            valid = code in self.codes
            if valid:
                self.codes.discard(code)
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
