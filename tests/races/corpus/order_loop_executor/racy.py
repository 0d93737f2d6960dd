"""A coroutine goes on while the executor works for it."""

import asyncio
import threading


class Index:
    def __init__(self):
        self.opened = threading.Event()
        self.entries = 0

    def scan(self):
        self.opened.wait()
        self.entries += 10  # expect: UG401


async def build(index):
    scanning = asyncio.get_running_loop().run_in_executor(None, index.scan)
    index.opened.set()
    index.entries += 1  # expect: UG401
    await scanning


def main():
    index = Index()
    asyncio.run(build(index))
    print(index.entries)


if __name__ == "__main__":
    main()
