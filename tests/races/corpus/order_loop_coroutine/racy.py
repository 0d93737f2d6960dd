"""A coroutine runs in the loop of another thread."""

import asyncio
import threading


class Cart:
    def __init__(self):
        self.price = 0

    async def add(self, price):
        await asyncio.sleep(0)
        self.price += price  # expect: UG401


def main():
    cart = Cart()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    future = asyncio.run_coroutine_threadsafe(cart.add(5), loop)
    cart.price += 3  # expect: UG401
    future.result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    print(cart.price)


if __name__ == "__main__":
    main()
