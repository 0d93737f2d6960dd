"""One thread takes a lock and another gives it back."""

import threading


class Relay:
    def __init__(self):
        self.baton = threading.Lock()
        self.metres = 0

    def first(self):
        self.metres += 100
        self.baton.release()

    def second(self):
        self.baton.acquire()
        self.metres += 100


def main():
    relay = Relay()
    relay.baton.acquire()
    threads = [threading.Thread(target=relay.second), threading.Thread(target=relay.first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # allow: UG410
    print(relay.metres)


if __name__ == "__main__":
    main()
