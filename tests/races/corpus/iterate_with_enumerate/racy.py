"""The place of a thing on a shelf that is being sorted."""

import threading


class Shelf:
    def __init__(self):
        self.things = ["cup", "axe", "book"]

    def place(self, thing):
        for place, other in enumerate(self.things):  # expect: UG405
            if other == thing:
                return place
        return None

    def tidy(self):
        self.things.sort()  # expect: UG405


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
