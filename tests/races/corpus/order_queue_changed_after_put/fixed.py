"""An order is changed when it is in the queue already."""

import queue
import threading


def ship(orders):
    order = orders.get()
    order["steps"] += 1


def main():
    orders = queue.Queue()
    thread = threading.Thread(target=ship, args=(orders,))
    thread.start()
    order = {"item": "lamp", "steps": 0}
    order["steps"] += 1
    orders.put(order)
    thread.join()
    print(order)


if __name__ == "__main__":
    main()
