"""A list as a mailbox: a message is still written to when it is in there."""

import threading
import time


def send(box):
    for number in range(30):
        message = {"number": number}
        box.append(message)
        message["number"] += 1  # expect: UG401
        time.sleep(0.001)


def receive(box):
    received = 0
    while received < 30:
        try:
            message = box.pop(0)
        except IndexError:
            time.sleep(0.001)
            continue
        message["number"] += 1  # expect: UG401
        received += 1


def main():
    box = []
    threads = [threading.Thread(target=one, args=(box,)) for one in (send, receive)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(box))


main()
