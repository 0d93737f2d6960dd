"""The newest message is read while messages are taken away."""

import threading


class Mailbox:
    def __init__(self):
        self.messages = ["first", "second"]
        self.lock = threading.BoundedSemaphore()

    def newest(self):
        with self.lock:
            if len(self.messages) > 0:
                return self.messages[-1]
            return None

    def empty(self):
        with self.lock:
            self.messages.clear()


def main():
    mailbox = Mailbox()
    print(mailbox.newest())
    reading = threading.Thread(target=mailbox.newest)
    emptying = threading.Thread(target=mailbox.empty)
    reading.start()
    emptying.start()
    reading.join()
    emptying.join()


if __name__ == "__main__":
    main()
