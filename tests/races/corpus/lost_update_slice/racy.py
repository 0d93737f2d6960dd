"""Tasks are added while those that are done are cleared away."""

import threading


class Board:
    def __init__(self):
        self.tasks = ["done: sweep", "cook", "done: wash"]

    def add(self, task):
        self.tasks.append(task)  # expect: UG401

    def clear_done(self):
        self.tasks[:] = [  # expect: UG401
            task
            for task in self.tasks  # allow: UG405
            if not task.startswith("done")
        ]


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
