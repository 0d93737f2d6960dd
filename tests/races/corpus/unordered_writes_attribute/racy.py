"""Whoever comes last is remembered, and that may be either."""

import threading


class Lobby:
    def __init__(self):
        self.last = None

    def enter(self, name):
        self.last = name  # expect: UG407


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
