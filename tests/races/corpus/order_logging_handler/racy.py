"""A logging filter that counts: it is called before the handler's lock is taken."""

import logging
import threading


class Counting(logging.Filter):
    def __init__(self):
        super().__init__()
        self.count = 0

    def filter(self, record):
        self.count += 1  # expect: UG401
        return True


def work(log):
    for number in range(10):
        log.info("%d", number)


def main():
    log = logging.getLogger("counted")
    log.setLevel(logging.INFO)
    log.propagate = False
    counting = Counting()
    log.addFilter(counting)
    log.addHandler(logging.NullHandler())
    threads = [threading.Thread(target=work, args=(log,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counting.count)


main()
