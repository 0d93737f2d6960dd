"""The last words are said at exit, and the main thread does not wait for the writer."""

import atexit
import threading


class Diary:
    def __init__(self):
        self.lines = 0

    def write(self, count):
        for _ in range(count):
            self.lines += 1

    def close(self):
        self.lines += 1
        print(self.lines > 0)


def main():
    diary = Diary()
    atexit.register(diary.close)
    diary.write(10)
    threading.Thread(target=diary.write, args=(20,)).start()


if __name__ == "__main__":
    main()
