"""A condition gives its own lock back while it waits, and not the other one."""

import threading


class Kitchen:
    def __init__(self):
        self.hatch = threading.Lock()
        self.ordered = threading.Event()
        self.ready = threading.Condition()
        self.dishes = 0

    def cook(self):
        self.ordered.wait()
        with self.ready:
            self.dishes += 1
            self.ready.notify()

    def serve(self):
        with self.ready:
            self.ordered.set()
            while not self.dishes:
                self.ready.wait()
            self.dishes -= 1


def main():
    kitchen = Kitchen()
    serving = threading.Thread(target=kitchen.serve)
    cooking = threading.Thread(target=kitchen.cook)
    serving.start()
    cooking.start()
    serving.join()
    cooking.join()
    print(kitchen.dishes)


if __name__ == "__main__":
    main()
