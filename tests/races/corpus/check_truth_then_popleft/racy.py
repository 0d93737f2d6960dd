"""Two printers share a deque of pages."""

import threading
from collections import deque


class Spool:
    def __init__(self, pages):
        self.pages = deque(pages)
        self.printed = []

    def run(self):
        while self.pages:  # expect: UG402
            self.printed.append(self.pages.popleft())  # expect: UG402


def main():
    spool = Spool(range(20))
    printers = [threading.Thread(target=spool.run) for _ in range(2)]
    for printer in printers:
        printer.start()
    for printer in printers:
        printer.join()
    print(len(spool.printed))


if __name__ == "__main__":
    main()
