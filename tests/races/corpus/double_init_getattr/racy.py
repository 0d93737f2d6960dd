"""A pattern is compiled on first use and kept on the object."""

import re
import threading


class Filter:
    def __init__(self, words):
        self.words = words

    def pattern(self):
        pattern = getattr(self, "_pattern", None)  # expect: UG403
        if pattern is None:
            pattern = re.compile("|".join(self.words))
            self._pattern = pattern  # expect: UG403
        return pattern


def main():
    words = Filter(["spam", "ham"])
    threads = [threading.Thread(target=words.pattern) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(words.pattern().pattern)


if __name__ == "__main__":
    main()
