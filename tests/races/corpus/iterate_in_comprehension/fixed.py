"""Points above a level, while points come and go."""

import threading


class Plot:
    def __init__(self):
        self.points = [1, 5, 9]
        self.lock = threading.RLock()

    def above(self, level):
        with self.lock:
            return [point for point in self.points if point > level]

    def put_first(self, point):
        with self.lock:
            self.points.insert(0, point)


def main():
    plot = Plot()
    filtering = threading.Thread(target=plot.above, args=(3,))
    adding = threading.Thread(target=plot.put_first, args=(7,))
    filtering.start()
    adding.start()
    filtering.join()
    adding.join()
    print(plot.above(3))


if __name__ == "__main__":
    main()
