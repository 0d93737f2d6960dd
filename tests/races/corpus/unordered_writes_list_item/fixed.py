"""Two searches write their results to two places."""

import threading


def search(words, wanted, result, place):
    for word in words:
        if wanted in word:
            result[place] = word


def main():
    shelves = [["red rose", "oak"], ["white rose", "elm"]]
    result = [None] * len(shelves)
    threads = [
        threading.Thread(target=search, args=(words, "rose", result, place))
        for place, words in enumerate(shelves)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(result)


if __name__ == "__main__":
    main()
