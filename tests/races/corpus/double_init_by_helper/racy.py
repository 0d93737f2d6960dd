"""Rows are loaded by a method when somebody asks for them."""

import threading


class Report:
    def __init__(self, path):
        self.path = path
        self._rows = None

    def _load(self):
        self._rows = [self.path, "loaded"]  # expect: UG403

    @property
    def rows(self):
        if self._rows is None:  # expect: UG403
            self._load()
        return self._rows  # allow: UG408


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
