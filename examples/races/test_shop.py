"""Orders that come at once: these tests pass nearly always, though only the last is right to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from shop import Shop, SoldOutError
from tickets import Tickets


def test_all_is_earned() -> None:
    shop = Shop({"tea": 10})
    customers = [Thread(target=shop.pay, args=(5,)) for _ in range(2)]
    for one in customers:
        one.start()
    for one in customers:
        one.join()
    assert shop.earned == 10


def test_no_more_is_sold_than_there_is() -> None:
    shop = Shop({"tea": 1})

    def buy(_: int) -> bool:
        try:
            shop.order("tea", 1, 5)
        except SoldOutError:
            return False
        return True

    with ThreadPoolExecutor(2, "customer") as pool:
        bought = list(pool.map(buy, range(2)))
    assert bought.count(True) == 1


def test_each_ticket_is_another() -> None:
    tickets = Tickets()
    with ThreadPoolExecutor(2, "customer") as pool:
        taken = list(pool.map(lambda _: tickets.take(), range(4)))
    assert sorted(taken) == [1, 2, 3, 4]
