"""A logging handler that counts: it is called with its lock held."""

import logging
import threading


class Counting(logging.Handler):
    def __init__(self):
        super().__init__()
        self.count = 0

    def emit(self, record):
        self.count += 1


def work(log):
    for number in range(10):
        log.info("%d", number)


def main():
    log = logging.getLogger("counted")
    log.setLevel(logging.INFO)
    log.propagate = False
    counting = Counting()
    log.addHandler(counting)
    threads = [threading.Thread(target=work, args=(log,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counting.count)


main()
