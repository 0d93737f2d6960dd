"""A reminder comes by timer while the main thread goes on."""

import threading


class Reminder:
    def __init__(self):
        self.shown = 0

    def show(self):
        self.shown += 1


def main():
    reminder = Reminder()
    timer = threading.Timer(0.005, reminder.show)
    timer.start()
    timer.join()
    reminder.show()
    print(reminder.shown)


if __name__ == "__main__":
    main()
