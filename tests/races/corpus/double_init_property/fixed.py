"""Rows are loaded when somebody asks for them."""

import threading


class Report:
    def __init__(self, path):
        self.path = path
        self._rows = None
        self._lock = threading.Lock()

    @property
    def rows(self):
        with self._lock:
            if self._rows is None:
                self._rows = [self.path, "loaded"]
            return self._rows


def show(report):
    return len(report.rows)


def main():
    report = Report("sales.csv")
    threads = [threading.Thread(target=show, args=(report,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(report.rows))


if __name__ == "__main__":
    main()
