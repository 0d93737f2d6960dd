"""Words of two chapters are counted in one dictionary."""

import threading

CHAPTERS = ["a rose is a rose", "a thorn is not a rose"]


def count(words, counts):
    for word in words:
        counts[word] = counts.get(word, 0) + 1  # expect: UG401; allow: UG408


def main():
    counts = {}
    threads = [
        threading.Thread(target=count, args=(chapter.split(), counts)) for chapter in CHAPTERS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counts["rose"])


if __name__ == "__main__":
    main()
