"""A robot moves while its position is read."""

import threading


class Robot:
    def __init__(self):
        self.x = 0
        self.y = 0

    def move(self, x, y):
        self.x = x  # expect: UG404; allow: UG408
        self.y = y  # expect: UG404; allow: UG408

    def position(self):
        return self.x, self.y  # expect: UG404; allow: UG408


def drive(robot):
    for step in range(20):
        robot.move(step, step)


def look(robot):
    for _ in range(20):
        robot.position()


def main():
    robot = Robot()
    threads = [
        threading.Thread(target=drive, args=(robot,)),
        threading.Thread(target=look, args=(robot,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(robot.position())


if __name__ == "__main__":
    main()
