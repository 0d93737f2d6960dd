"""Whoever delivers a parcel stamps it when the door is shut already."""

import threading


class Parcel:
    def __init__(self):
        self.door = threading.Condition()
        self.delivered = False
        self.stamps = 0

    def deliver(self):
        with self.door:
            self.delivered = True
            self.door.notify()
        self.stamps += 1  # expect: UG401

    def accept(self):
        with self.door:
            while not self.delivered:
                self.door.wait()
        self.stamps += 1  # expect: UG401


def main():
    parcel = Parcel()
    threads = [
        threading.Thread(target=parcel.accept),
        threading.Thread(target=parcel.deliver),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(parcel.stamps)


if __name__ == "__main__":
    main()
