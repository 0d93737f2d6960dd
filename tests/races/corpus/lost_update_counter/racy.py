"""Letters are counted with collections.Counter."""

import threading
from collections import Counter


def count(text, letters):
    for letter in text:
        letters[letter] += 1  # expect: UG401


def main():
    letters = Counter()
    threads = [
        threading.Thread(target=count, args=(text, letters)) for text in ("banana", "bandana")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(letters.most_common(1))


if __name__ == "__main__":
    main()
