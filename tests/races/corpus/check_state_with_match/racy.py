"""An order goes through its states."""

import threading


class Order:
    def __init__(self):
        self.state = "new"
        self.payments = []

    def pay(self, card):
        match self.state:  # expect: UG402
            case "new":
                self.state = "paid"  # expect: UG402
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
