"""Words of two chapters are counted in one dictionary."""

import threading

CHAPTERS = ["a rose is a rose", "a thorn is not a rose"]


def count(words, counts, lock):
    for word in words:
        with lock:
            counts[word] = counts.get(word, 0) + 1


def main():
    counts = {}
    lock = threading.Lock()
    threads = [
        threading.Thread(target=count, args=(chapter.split(), counts, lock)) for chapter in CHAPTERS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counts["rose"])


if __name__ == "__main__":
    main()
