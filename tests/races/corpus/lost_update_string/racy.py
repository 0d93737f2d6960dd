"""A log that is one growing string."""

import threading


class Log:
    def __init__(self):
        self.text = ""

    def write(self, line):
        self.text += line + "\n"  # expect: UG401


def work(log, name):
    for step in range(20):
        log.write(f"{name} {step}")


def main():
    log = Log()
    threads = [threading.Thread(target=work, args=(log, name)) for name in ("copy", "move")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(log.text.splitlines()))


if __name__ == "__main__":
    main()
