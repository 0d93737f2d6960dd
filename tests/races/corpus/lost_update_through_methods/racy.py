"""A score is read by one method and stored by another."""

import threading


class Score:
    def __init__(self):
        self._points = 0

    def points(self):
        return self._points

    def set_points(self, points):
        self._points = points


def win(score):
    now = score.points()  # expect: UG401
    score.set_points(now + 3)  # expect: UG401


def main():
    score = Score()
    threads = [threading.Thread(target=win, args=(score,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(score.points() in {3, 6})


if __name__ == "__main__":
    main()
