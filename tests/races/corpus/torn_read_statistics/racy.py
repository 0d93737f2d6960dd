"""How many passed and failed, as one thread counts and another reports."""

import threading


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def count(self, outcomes):
        for good in outcomes:
            if good:
                self.passed += 1  # expect: UG404; allow: UG408
            else:
                self.failed += 1  # expect: UG404; allow: UG408

    def summary(self):
        return {
            "passed": self.passed,
            "all": self.passed + self.failed,
        }  # expect: UG404; allow: UG408


def main():
    results = Results()
    counting = threading.Thread(target=results.count, args=([True, False] * 10,))
    reporting = threading.Thread(target=results.summary)
    counting.start()
    reporting.start()
    counting.join()
    reporting.join()
    print(results.summary())


if __name__ == "__main__":
    main()
