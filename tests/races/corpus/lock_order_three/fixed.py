"""Three philosophers take the fork to their left and then that to their right."""

import threading


class Philosopher(threading.Timer):
    def __init__(self, delay, left, right):
        super().__init__(delay, self.eat)
        self.left = left
        self.right = right
        self.meals = 0

    def eat(self):
        with self.left:
            with self.right:
                self.meals += 1


def main():
    forks = [threading.Lock() for _ in range(3)]
    table = []
    for n in range(3):
        first, second = sorted((n, (n + 1) % 3))
        table.append(Philosopher(0.02 * n, forks[first], forks[second]))
    for philosopher in table:
        philosopher.start()
    for philosopher in table:
        philosopher.join()
    print(sum(philosopher.meals for philosopher in table))


if __name__ == "__main__":
    main()
