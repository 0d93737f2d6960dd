"""A robot moves while its position is read."""

import threading


class Robot:
    def __init__(self):
        self.x = 0
        self.y = 0
        self.lock = threading.Lock()

    def move(self, x, y):
        with self.lock:
            self.x = x
            self.y = y

    def position(self):
        with self.lock:
            return self.x, self.y


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
