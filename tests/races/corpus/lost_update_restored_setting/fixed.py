"""A setting is changed for a while and then put back."""

import threading
from contextlib import contextmanager


class Printer(threading.local):
    def __init__(self, lines):
        self.indent = 0
        self.lines = lines

    @contextmanager
    def indented(self, by):
        before = self.indent
        self.indent = by
        try:
            yield
        finally:
            self.indent = before

    def line(self, text):
        self.lines.append(" " * self.indent + text)


def show(printer, text, by):
    with printer.indented(by):
        printer.line(text)


def main():
    lines = []
    printer = Printer(lines)
    first = threading.Thread(target=show, args=(printer, "first", 2))
    second = threading.Thread(target=show, args=(printer, "second", 4))
    first.start()
    second.start()
    first.join()
    second.join()
    print(sorted(lines))


if __name__ == "__main__":
    main()
