"""What is due first is taken first, by one thread, while another brings more."""

import heapq
import threading

agenda = [(1, "wake up"), (2, "get up")]


def take():
    while agenda:
        print(heapq.heappop(agenda)[1])


def bring():
    heapq.heappush(agenda, (len("now"), "wash"))


def main():
    threads = [threading.Thread(target=one) for one in (take, bring)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
