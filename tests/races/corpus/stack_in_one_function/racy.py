"""Two threads render pages; a tag knows which one is open around it by a stack."""

import threading
from collections import deque


class Page:
    def __init__(self):
        self.open = deque(["html"])
        self.lines = []

    def tag(self, name, depth):
        self.lines.append(f"{name} in {self.open[-1]}")
        self.open.append(name)  # expect: UG402
        try:
            if depth:
                self.tag(name, depth - 1)
        finally:
            self.open.pop()  # expect: UG402


def main():
    page = Page()
    threads = [threading.Thread(target=page.tag, args=(name, 2)) for name in ("ul", "ol")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(page.lines))


if __name__ == "__main__":
    main()
