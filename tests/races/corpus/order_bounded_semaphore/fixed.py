"""Each visitor takes one of two seats and counts the visit."""

from threading import BoundedSemaphore, Thread

seats = BoundedSemaphore(2)
till = BoundedSemaphore(1)


class Cinema:
    def __init__(self):
        self.visits = 0

    def visit(self):
        seats.acquire()
        try:
            with till:
                self.visits += 1
        finally:
            seats.release()


def main():
    cinema = Cinema()
    visitors = [Thread(target=cinema.visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    print(cinema.visits)


if __name__ == "__main__":
    main()
