"""Callbacks of two futures run in two threads."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Downloads:
    def __init__(self):
        self.start = threading.Barrier(3)
        self.finished = []

    def download(self, name):
        self.start.wait()
        return len(name)

    def note(self, future):
        self.finished.append(future)


def main():
    downloads = Downloads()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name in ("index", "readme"):
            future = pool.submit(downloads.download, name)
            future.add_done_callback(downloads.note)
        downloads.start.wait()
    print(len(downloads.finished))


if __name__ == "__main__":
    main()
