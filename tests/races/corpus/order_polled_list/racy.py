"""A list as a mailbox: the last message is written to when it is in there already."""

import threading
import time


def send(box, ready):
    ready.wait()
    for number in range(30):
        message = {"number": number}
        message["number"] += 1
        box.append(message)
        time.sleep(0.001)
    message["number"] += 1  # expect: UG401


def receive(box, ready):
    received = len(box)
    ready.wait()
    while received < 30:
        try:
            message = box.pop(0)
        except IndexError:
            time.sleep(0.001)
            continue
        message["number"] += 1  # expect: UG401
        received += 1


def main():
    box, ready = [], threading.Barrier(2)
    threads = [threading.Thread(target=one, args=(box, ready)) for one in (send, receive)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(box))


main()
