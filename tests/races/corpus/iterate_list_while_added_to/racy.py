"""Lines are added by an operator while another thread goes through them."""

import threading


class Log:
    def __init__(self):
        self.lines = ["early"]

    def write(self):
        self.lines += ["late"]  # expect: UG405; allow: UG408

    def size(self):
        return sum(len(line) for line in self.lines)  # expect: UG405; allow: UG408


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
