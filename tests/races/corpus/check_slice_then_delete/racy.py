"""Log lines are sent in batches."""

import threading


class Sender:
    def __init__(self, lines):
        self.lines = list(lines)
        self.sent = []

    def flush(self):
        batch = self.lines[:5]  # expect: UG402
        if batch:
            del self.lines[:5]  # expect: UG402
            self.sent.append(batch)


def main():
    sender = Sender(f"line {n}" for n in range(20))
    threads = [threading.Thread(target=sender.flush) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(sender.sent))


if __name__ == "__main__":
    main()
