"""A lock is held from the reading to the storing."""

import threading


class Score:
    def __init__(self):
        self._points = 0
        self.lock = threading.Lock()

    def points(self):
        return self._points

    def set_points(self, points):
        self._points = points


def win(score):
    with score.lock:
        now = score.points()
        score.set_points(now + 3)


def main():
    score = Score()
    threads = [threading.Thread(target=win, args=(score,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(score.points())


if __name__ == "__main__":
    main()
