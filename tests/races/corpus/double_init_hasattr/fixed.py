"""A document is parsed when it is needed."""

import threading


class Document:
    def __init__(self, text):
        self.text = text
        self._lock = threading.Lock()

    def words(self):
        with self._lock:
            if not hasattr(self, "_words"):
                self._words = self.text.split()
            return self._words


def main():
    document = Document("so much depends upon")
    threads = [threading.Thread(target=document.words) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(document.words()))


if __name__ == "__main__":
    main()
