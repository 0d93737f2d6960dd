"""Subscribers are told while more subscribe."""

import threading


class News:
    def __init__(self):
        self.subscribers = [print, len, repr]

    def subscribe(self, subscriber):
        self.subscribers.append(subscriber)

    def count(self):
        found = 0
        for subscriber in self.subscribers.copy():
            found += callable(subscriber)
        return found


def main():
    news = News()
    telling = threading.Thread(target=news.count)
    adding = threading.Thread(target=news.subscribe, args=(str,))
    telling.start()
    adding.start()
    telling.join()
    adding.join()
    print(news.count())


if __name__ == "__main__":
    main()
