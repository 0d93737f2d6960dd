"""An order goes through its states."""

import threading


class Order:
    def __init__(self):
        self.state = "new"
        self.payments = []
        self.lock = threading.Lock()

    def pay(self, card):
        with self.lock:
            match self.state:
                case "new":
                    self.state = "paid"
                    self.payments.append(card)
                case "paid":
                    pass


def main():
    order = Order()
    threads = [threading.Thread(target=order.pay, args=(card,)) for card in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(order.state)


if __name__ == "__main__":
    main()
