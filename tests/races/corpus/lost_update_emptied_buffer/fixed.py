"""A log of which what has been written out is taken away."""

import threading


class Log:
    def __init__(self):
        self.lines = []
        self.written = []

    def add(self, line):
        self.lines.append(line)

    def flush(self):
        batch = list(self.lines)
        self.written.extend(batch)
        del self.lines[: len(batch)]


def main():
    log = Log()
    threads = [threading.Thread(target=log.add, args=["one"]), threading.Thread(target=log.flush)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(log.written) + len(log.lines) <= 1)


if __name__ == "__main__":
    main()
