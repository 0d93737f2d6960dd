"""Two buffers change places."""

import threading


class Screen:
    def __init__(self):
        self.front = "one"
        self.back = "two"

    def flip(self):
        self.front, self.back = self.back, self.front  # expect: UG407; allow: UG404, UG408


def draw(screen):
    for _ in range(25):
        screen.flip()


def main():
    screen = Screen()
    threads = [threading.Thread(target=draw, args=(screen,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(screen.front != screen.back)


if __name__ == "__main__":
    main()
