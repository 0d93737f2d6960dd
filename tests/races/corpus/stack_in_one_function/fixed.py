"""Two threads render pages; a tag is told which one is open around it.

What is still to be rendered is on a stack as well, from which whoever comes takes the last.
"""

import threading
from collections import deque


class Page:
    def __init__(self):
        self.waiting = deque(["ul", "ol"])
        self.lines = []

    def tag(self, name, depth, around="html"):
        self.lines.append(f"{name} in {around}")
        if depth:
            self.tag(name, depth - 1, name)

    def run(self):
        while True:
            try:
                name = self.waiting.pop()
            except IndexError:
                return
            self.tag(name, 2)


def main():
    page = Page()
    threads = [threading.Thread(target=page.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(page.lines))


if __name__ == "__main__":
    main()
