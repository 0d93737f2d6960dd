"""Whoever comes last is remembered, and that may be either."""

import threading


class Lobby:
    def __init__(self):
        self.last = None
        self.lock = threading.Lock()

    def enter(self, name):
        with self.lock:
            self.last = name


def main():
    lobby = Lobby()
    threads = [threading.Thread(target=lobby.enter, args=(name,)) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(lobby.last is not None)


if __name__ == "__main__":
    main()
