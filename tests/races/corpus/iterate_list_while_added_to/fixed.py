"""Lines are added by an operator while another thread goes through them."""

import threading


class Log:
    def __init__(self):
        self.lines = ["early"]
        self.lock = threading.Lock()

    def write(self):
        with self.lock:
            self.lines += ["late"]

    def size(self):
        with self.lock:
            return sum(len(line) for line in self.lines)


def main():
    log = Log()
    threads = [threading.Thread(target=one) for one in (log.write, log.size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(log.lines))


if __name__ == "__main__":
    main()
