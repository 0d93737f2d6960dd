"""Two blocking calls go to threads of the loop."""

import asyncio
import threading


class Lookup:
    def __init__(self):
        self.start = threading.Barrier(2)
        self.found = 0

    def find(self, name):
        self.start.wait()
        return len(name)


async def run(lookup):
    lengths = await asyncio.gather(
        asyncio.to_thread(lookup.find, "one"), asyncio.to_thread(lookup.find, "three")
    )
    lookup.found += sum(lengths)


def main():
    lookup = Lookup()
    asyncio.run(run(lookup))
    print(lookup.found)


if __name__ == "__main__":
    main()
