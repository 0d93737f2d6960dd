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
        with self.page:
            with self.index:
                self.edits += 1

    def rebuild(self):
        self.start.wait()
        time.sleep(0.03)
        done = False
        while not done:
            with self.index:
                if self.page.acquire(blocking=False):
                    self.edits += 1
                    self.page.release()
                    done = True


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
