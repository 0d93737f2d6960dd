"""A pattern is compiled when the object is made."""

import re
import threading


class Filter:
    def __init__(self, words):
        self.words = words
        self._pattern = re.compile("|".join(self.words))

    def pattern(self):
        return self._pattern


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
