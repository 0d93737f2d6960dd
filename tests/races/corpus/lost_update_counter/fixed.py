"""Letters are counted with collections.Counter."""

import threading
from collections import Counter


def count(text, letters):
    for letter in text:
        letters[letter] += 1


def main():
    counted = {"banana": Counter(), "bandana": Counter()}
    threads = [threading.Thread(target=count, args=pair) for pair in counted.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    letters = sum(counted.values(), Counter())
    print(letters.most_common(1))


if __name__ == "__main__":
    main()
