"""The place of a thing on a shelf that is being sorted."""

import threading


class Shelf:
    def __init__(self):
        self.things = ["cup", "axe", "book"]
        self.lock = threading.Condition(threading.Lock())

    def place(self, thing):
        with self.lock:
            for place, other in enumerate(self.things):
                if other == thing:
                    return place
            return None

    def tidy(self):
        with self.lock:
            self.things.sort()


def main():
    shelf = Shelf()
    searching = threading.Thread(target=shelf.place, args=("book",))
    sorting = threading.Thread(target=shelf.tidy)
    searching.start()
    sorting.start()
    searching.join()
    sorting.join()
    print(shelf.place("book"))


if __name__ == "__main__":
    main()
