"""Two searches write their result to the same place."""

import threading


def search(words, wanted, result):
    for word in words:
        if wanted in word:
            result[0] = word  # expect: UG407


def main():
    result = [None]
    shelves = [["red rose", "oak"], ["white rose", "elm"]]
    threads = [threading.Thread(target=search, args=(words, "rose", result)) for words in shelves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(result[0] is not None)


if __name__ == "__main__":
    main()
