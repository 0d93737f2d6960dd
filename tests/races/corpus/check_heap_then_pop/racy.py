"""What is due first is taken first, by two threads, while a third brings more."""

import heapq
import threading

agenda = [(1, "wake up"), (2, "get up")]


def take():
    if agenda and agenda[0][0] < 10:  # expect: UG402
        print(heapq.heappop(agenda)[1])  # expect: UG402


def bring():
    heapq.heappush(agenda, (len("now"), "wash"))


def main():
    threads = [threading.Thread(target=one) for one in (take, take, bring)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
