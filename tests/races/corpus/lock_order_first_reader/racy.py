"""The first reader takes the room, the last one gives it back. Two other locks go both ways."""

import threading
import time


class Shelf:
    def __init__(self):
        self.books = ["one"]
        self.readers = 0
        self.count = threading.Lock()
        self.room = threading.Lock()
        self.log = threading.Lock()

    def enter(self):
        with self.count:
            with self.log:  # expect: UG409
                print("one more")
            self.readers += 1
            if self.readers == 1:
                self.room.acquire()

    def leave(self):
        with self.count:
            self.readers -= 1
            if self.readers == 0:
                self.room.release()

    def write(self, book):
        with self.room:
            self.books.append(book)

    def report(self):
        with self.log:
            with self.count:  # expect: UG409
                print("report")


def early(shelf, one_is_in, both_are_in, one_has_left):
    shelf.enter()
    one_is_in.set()
    both_are_in.wait()  # allow: UG410
    shelf.leave()
    one_has_left.set()


def late(shelf, one_is_in, both_are_in, one_has_left):
    one_is_in.wait()
    shelf.enter()
    both_are_in.set()
    one_has_left.wait()
    shelf.leave()
    shelf.enter()
    shelf.leave()


def main():
    shelf = Shelf()
    events = [threading.Event() for _ in range(3)]
    threads = [
        threading.Thread(target=shelf.report),
        threading.Thread(target=early, args=(shelf, *events)),
        threading.Thread(target=late, args=(shelf, *events)),
        threading.Thread(target=shelf.write, args=("two",)),
    ]
    threads[0].start()
    time.sleep(0.05)  # so that it does not end in a deadlock here
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    print(shelf.books)


if __name__ == "__main__":
    main()
