"""A setting is changed for a while and then put back."""

import threading
from contextlib import contextmanager


class Printer:
    def __init__(self):
        self.indent = 0
        self.lines = []

    @contextmanager
    def indented(self, by):
        before = self.indent  # allow: UG408
        self.indent = by  # allow: UG401, UG407
        try:
            yield
        finally:
            self.indent = before  # expect: UG401; allow: UG407

    def line(self, text):
        self.lines.append(" " * self.indent + text)  # allow: UG408


def show(printer, text, by):
    with printer.indented(by):
        printer.line(text)


def main():
    printer = Printer()
    first = threading.Thread(target=show, args=(printer, "first", 2))
    second = threading.Thread(target=show, args=(printer, "second", 4))
    first.start()
    second.start()
    first.join()
    second.join()
    print(printer.indent)


if __name__ == "__main__":
    main()
