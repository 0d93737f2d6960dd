"""A doorbell is a condition that counts; two people ring it."""

import threading


class Bell(threading.Condition):
    def __init__(self):
        super().__init__()
        self.rings = 0

    def ring(self):
        with self:
            self.rings += 1
            self.notify_all()

    def wait_for_rings(self, count):
        with self:
            self.wait_for(lambda: self.rings >= count, timeout=0.05)


def main():
    bell = Bell()
    threads = [threading.Thread(target=bell.ring) for _ in range(2)]
    for thread in threads:
        thread.start()
    bell.wait_for_rings(2)
    for thread in threads:
        thread.join()
    print(bell.rings)


if __name__ == "__main__":
    main()
