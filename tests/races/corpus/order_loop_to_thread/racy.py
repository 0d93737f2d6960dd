"""Two blocking calls go to threads of the loop."""

import asyncio
import threading


class Lookup:
    def __init__(self):
        self.start = threading.Barrier(2)
        self.found = 0

    def find(self, name):
        self.start.wait()
        self.found += len(name)  # expect: UG401


async def run(lookup):
    await asyncio.gather(
        asyncio.to_thread(lookup.find, "one"), asyncio.to_thread(lookup.find, "three")
    )


def main():
    lookup = Lookup()
    asyncio.run(run(lookup))
    print(lookup.found)


if __name__ == "__main__":
    main()
