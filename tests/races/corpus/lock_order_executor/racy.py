"""Two tasks of a pool take a page and an index."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock, RLock


class Wiki:
    def __init__(self):
        self.page = Lock()
        self.index = RLock()
        self.edits = 0
        self.start = Barrier(2)

    def edit(self):
        self.start.wait()
        with self.page:  # expect: UG409
            with self.index:  # expect: UG409
                self.edits += 1

    def rebuild(self):
        self.start.wait()
        time.sleep(0.03)
        with self.index:  # expect: UG409
            self.page.acquire()  # expect: UG409
            try:
                self.edits += 1
            finally:
                self.page.release()


def main():
    wiki = Wiki()
    with ThreadPoolExecutor(max_workers=2) as pool:
        rebuilding = pool.submit(wiki.rebuild)
        editing = pool.submit(wiki.edit)
        rebuilding.result()
        editing.result()
    print(wiki.edits)


if __name__ == "__main__":
    main()
