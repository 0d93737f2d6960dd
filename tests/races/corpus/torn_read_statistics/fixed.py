"""How many passed and failed, as one thread counts and another reports."""

import threading


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def count(self, outcomes):
        for good in outcomes:
            if good:
                self.passed += 1
            else:
                self.failed += 1

    def summary(self):
        return {"passed": self.passed, "all": self.passed + self.failed}


def main():
    results = Results()
    counting = threading.Thread(target=results.count, args=([True, False] * 10,))
    reporting = threading.Thread(target=results.summary)
    counting.start()
    counting.join()
    reporting.start()
    reporting.join()
    print(results.summary())


if __name__ == "__main__":
    main()
