"""Each price is worked out with the attributes of one object."""


class Config:
    def __init__(self):
        self.tax = float("0.19")
        self.shipping = float("4.9")


CONFIG = Config()
ORDERS = range(32)


def total(order):
    money = 0.0
    for amount in range(12_000):
        money += amount * CONFIG.tax + CONFIG.shipping
    return money
