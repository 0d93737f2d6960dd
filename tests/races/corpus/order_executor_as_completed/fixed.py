"""What is completed first is counted while the other is still at work."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed


class Report:
    def __init__(self):
        self.pages = 0
        self.more = threading.Event()

    def quick(self):
        self.pages += 1

    def slow(self):
        self.more.wait()
        self.pages += 1


def main():
    report = Report()
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(report.quick), pool.submit(report.slow)]
        for future in as_completed(futures):
            future.result()
            report.more.set()
        report.pages += len(futures)
    print(report.pages)


if __name__ == "__main__":
    main()
