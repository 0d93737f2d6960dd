"""What is computed is put into the object's own dictionary."""

import threading


class Circle:
    def __init__(self, radius):
        self.radius = radius
        self._lock = threading.Lock()

    @property
    def area(self):
        with self._lock:
            if "_area" not in self.__dict__:
                self.__dict__["_area"] = 3 * self.radius**2
            return self.__dict__["_area"]


def measure(circle):
    return circle.area


def main():
    circle = Circle(2)
    threads = [threading.Thread(target=measure, args=(circle,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(circle.area)


if __name__ == "__main__":
    main()
