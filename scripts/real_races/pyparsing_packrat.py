"""Two threads parse with one grammar that has a packrat cache."""

# mypy: ignore-errors
import threading

from pyparsing import ParserElement, Word, infix_notation, nums, opAssoc

ParserElement.enable_packrat()
expression = infix_notation(
    Word(nums), [("*", 2, opAssoc.LEFT), ("+", 2, opAssoc.LEFT)], lpar="(", rpar=")"
)
expression.parse_string("1+2*3")
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(10):
        expression.parse_string(f"(1+2)*{number}+(3*4)")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
