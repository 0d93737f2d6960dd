"""The newest message is read while messages are taken away."""

import threading


class Mailbox:
    def __init__(self):
        self.messages = ["first", "second"]

    def newest(self):
        if len(self.messages) > 0:  # expect: UG402
            return self.messages[-1]  # expect: UG402
        return None

    def empty(self):
        self.messages.clear()  # expect: UG402


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
