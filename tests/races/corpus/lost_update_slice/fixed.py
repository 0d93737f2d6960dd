"""Tasks are added while those that are done are cleared away."""

import threading


class Board:
    def __init__(self):
        self.tasks = ["done: sweep", "cook", "done: wash"]
        self._lock = threading.RLock()

    def add(self, task):
        with self._lock:
            self.tasks.append(task)

    def clear_done(self):
        with self._lock:
            self.tasks[:] = [task for task in self.tasks if not task.startswith("done")]


def main():
    board = Board()
    adding = threading.Thread(target=board.add, args=("shop",))
    clearing = threading.Thread(target=board.clear_done)
    adding.start()
    clearing.start()
    adding.join()
    clearing.join()
    print(len(board.tasks))


if __name__ == "__main__":
    main()
