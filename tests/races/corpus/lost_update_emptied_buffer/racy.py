"""A log that is written out and emptied: what comes in between is never written."""

import threading


class Log:
    def __init__(self):
        self.lines = []
        self.written = []

    def add(self, line):
        self.lines.append(line)  # expect: UG401

    def flush(self):
        batch = list(self.lines)  # expect: UG401
        self.written.extend(batch)
        self.lines.clear()  # expect: UG401


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
