"""Small programs of the kind that people write: a simulation, a parser, a report, a solver."""

import heapq
import random

from timing import Loops, measure

# A bank with counters, clients and a clock.


class Client:
    """Somebody who wants something."""

    def __init__(self, number: int, arrival: int, wants: int) -> None:
        self.number = number
        self.arrival = arrival
        self.wants = wants
        self.served = 0

    @property
    def waited(self) -> int:
        return self.served - self.arrival


class Desk:
    """Where clients are served, one after the other."""

    def __init__(self, name: str, pace: int) -> None:
        self.name = name
        self.pace = pace
        self.line: list[Client] = []
        self.busy_until = 0
        self.done = 0

    def accept(self, client: Client) -> None:
        self.line.append(client)

    def tick(self, now: int) -> Client | None:
        if self.busy_until > now or not self.line:
            return None
        client = self.line.pop(0)
        client.served = now
        self.busy_until = now + client.wants * self.pace
        self.done += 1
        return client


class Bank:
    """A day at the bank."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.desks = [Desk("a", 1), Desk("b", 2), Desk("c", 3)]
        self.events: list[tuple[int, int, Client]] = []
        self.statistics: dict[int, int] = {}
        self.now = 0

    def open(self, clients: int) -> None:
        at = 0
        for number in range(clients):
            at += self.random.randrange(3)
            wants = 1 + self.random.randrange(4)
            heapq.heappush(self.events, (at, number, Client(number, at, wants)))

    def shortest(self) -> Desk:
        return min(self.desks, key=lambda desk: len(desk.line))

    def run(self) -> dict[int, int]:
        while self.events or any(desk.line for desk in self.desks):
            while self.events and self.events[0][0] <= self.now:
                _, _, client = heapq.heappop(self.events)
                self.shortest().accept(client)
            for desk in self.desks:
                served = desk.tick(self.now)
                if served is not None:
                    waited = served.waited
                    self.statistics[waited] = self.statistics.get(waited, 0) + 1
            self.now += 1
        return self.statistics


def bank(_: object, n: int) -> None:
    for seed in range(n):
        simulated = Bank(seed)
        simulated.open(12)
        assert sum(simulated.run().values()) == 12


# A calculator: text to tokens, tokens to a tree, the tree to a number.


class Tokens:
    """The tokens of a text, one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.current = ""
        self.advance()

    def advance(self) -> None:
        text, at = self.text, self.at
        while at < len(text) and text[at] == " ":
            at += 1
        begin = at
        if at < len(text):
            at += 1
            if text[begin].isdigit():
                while at < len(text) and text[at].isdigit():
                    at += 1
        self.at = at
        self.current = text[begin:at]


class Part:
    """Of a sum."""

    def compute(self, names: dict[str, int]) -> int:
        raise NotImplementedError  # an abstract method, as ordinary programs have them


class Number(Part):
    """A leaf."""

    def __init__(self, value: int) -> None:
        self.value = value

    def compute(self, names: dict[str, int]) -> int:
        return self.value


class Name(Part):
    """A variable."""

    def __init__(self, name: str) -> None:
        self.name = name

    def compute(self, names: dict[str, int]) -> int:
        return names[self.name]


class Operation(Part):
    """Two parts, and what is done with them."""

    def __init__(self, sign: str, left: Part, right: Part) -> None:
        self.sign = sign
        self.left = left
        self.right = right

    def compute(self, names: dict[str, int]) -> int:
        left, right = self.left.compute(names), self.right.compute(names)
        if self.sign == "+":
            return left + right
        return left - right if self.sign == "-" else left * right


class Parser:
    """Sums of products of atoms."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)

    def sum(self) -> Part:
        tree = self.product()
        while self.tokens.current in ("+", "-"):
            sign = self.tokens.current
            self.tokens.advance()
            tree = Operation(sign, tree, self.product())
        return tree

    def product(self) -> Part:
        tree = self.atom()
        while self.tokens.current == "*":
            self.tokens.advance()
            tree = Operation("*", tree, self.atom())
        return tree

    def atom(self) -> Part:
        token = self.tokens.current
        self.tokens.advance()
        if token == "(":
            tree = self.sum()
            self.tokens.advance()
            return tree
        return Number(int(token)) if token.isdigit() else Name(token)


def calculator(_: object, n: int) -> None:
    for i in range(n):
        tree = Parser("(x + 12) * 3 - y * (x - 4 * (y + 7)) + 17").sum()
        for x in range(5):
            tree.compute({"x": x, "y": i})


# Words are counted, grouped and printed.

TEXT = (
    "the quick brown fox jumps over the lazy dog while the other dogs sleep and the fox "
    "looks back at them once more before it leaves the yard for the woods beyond the hill"
)


def report(_: object, n: int) -> None:
    for _ in range(n):
        counts: dict[str, int] = {}
        by_letter: dict[str, list[tuple[int, str]]] = {}
        for word in TEXT.split():
            counts[word] = counts.get(word, 0) + 1
        for word, count in sorted(counts.items()):
            by_letter.setdefault(word[0], []).append((count, word))
        lines = []
        for letter in by_letter:
            words = by_letter[letter]
            words.sort(reverse=True)
            lines.append(f"{letter}: " + ", ".join(f"{word} {count}" for count, word in words))
        assert len("\n".join(lines)) > 100


# Queens that do not threaten each other.


class Board:
    """A board, with what is taken."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.columns = [False] * size
        self.rising = [False] * (2 * size)
        self.falling = [False] * (2 * size)
        self.found = 0

    def place(self, row: int) -> None:
        if row == self.size:
            self.found += 1
            return
        for column in range(self.size):
            up, down = row + column, row - column + self.size
            if self.columns[column] or self.rising[up] or self.falling[down]:
                continue
            self.columns[column] = self.rising[up] = self.falling[down] = True
            self.place(row + 1)
            self.columns[column] = self.rising[up] = self.falling[down] = False


def queens(_: object, n: int) -> None:
    for _ in range(n):
        board = Board(5)
        board.place(0)
        assert board.found == 10


def nothing() -> None:
    pass


LOOPS: Loops = {
    "a bank": (nothing, bank),
    "a calculator": (nothing, calculator),
    "a report": (nothing, report),
    "five queens": (nothing, queens),
}

if __name__ == "__main__":
    measure(LOOPS)
