"""A listener is called while it may be taken away."""

import threading


class Source:
    def __init__(self, listener):
        self.listener = listener
        self.lock = threading.Lock()

    def fire(self, value):
        with self.lock:
            listener = self.listener
        if listener is not None:
            listener(value)

    def detach(self):
        with self.lock:
            self.listener = None


def main():
    heard = []
    source = Source(heard.append)
    source.fire(1)
    firing = threading.Thread(target=source.fire, args=(2,))
    detaching = threading.Thread(target=source.detach)
    firing.start()
    detaching.start()
    firing.join()
    detaching.join()
    print(heard[0])


if __name__ == "__main__":
    main()
