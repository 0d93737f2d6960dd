"""A loop in a thread is told to count, and the main thread counts as well."""

import asyncio
import threading


class Clicks:
    def __init__(self):
        self.count = 0

    def click(self):
        self.count += 1  # expect: UG401


def main():
    clicks = Clicks()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    loop.call_soon_threadsafe(clicks.click)
    clicks.click()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    print(clicks.count)


if __name__ == "__main__":
    main()
