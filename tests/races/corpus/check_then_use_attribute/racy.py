"""A listener is called while it may be taken away."""

import threading


class Source:
    def __init__(self, listener):
        self.listener = listener

    def fire(self, value):
        if self.listener is not None:  # expect: UG402
            self.listener(value)  # expect: UG402

    def detach(self):
        self.listener = None  # expect: UG402


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
