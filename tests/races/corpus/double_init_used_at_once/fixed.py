"""Who comes second looks once more; what is made is used where it is asked for."""

import threading


class Shop:
    def __init__(self):
        self.lock = threading.Lock()
        self.prices = None

    def load(self):
        if self.prices is None:  # allow: UG408
            with self.lock:
                if self.prices is None:
                    self.prices = {"tea": 3}  # allow: UG408
        return self.prices  # allow: UG408

    def price(self, name):
        return self.load().get(name)


def main():
    shop = Shop()
    threads = [threading.Thread(target=shop.price, args=("tea",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(shop.price("tea"))


if __name__ == "__main__":
    main()
