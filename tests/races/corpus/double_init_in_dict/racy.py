"""What is computed is put into the object's own dictionary."""

import threading


class Circle:
    def __init__(self, radius):
        self.radius = radius

    @property
    def area(self):
        if "_area" not in self.__dict__:  # expect: UG403; allow: UG402
            self.__dict__["_area"] = 3 * self.radius**2  # expect: UG403; allow: UG402
        return self.__dict__["_area"]  # allow: UG408


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
