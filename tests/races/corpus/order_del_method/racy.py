"""Open handles are counted down when they die."""

import threading


class Handle:
    open = 0

    def __init__(self, name):
        self.name = name
        Handle.open += 1  # expect: UG401

    def __del__(self):
        Handle.open -= 1  # expect: UG401


def use(names):
    for name in names:
        Handle(name)


def main():
    threads = [threading.Thread(target=use, args=(["a", "b"],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(Handle.open)


if __name__ == "__main__":
    main()
