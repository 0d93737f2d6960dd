"""Each visitor takes one of two seats and counts the visit."""

from threading import Barrier, BoundedSemaphore, Thread

seats = BoundedSemaphore(2)


class Cinema:
    def __init__(self):
        self.visits = 0
        self.curtain = Barrier(2)

    def visit(self):
        seats.acquire()
        try:
            self.curtain.wait()  # allow: UG410
            self.visits += 1  # expect: UG401
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
