"""How often each word is in a text: methods of strings, and a dictionary for each part."""

from __future__ import annotations

PARAMETERS = {"paragraphs": 450, "parts": 64}
QUICK = {"paragraphs": 90}

_SENTENCE = (
    "the thread takes a lock and waits for another that holds one while nobody else knows "
    "which of them came first so both wait until somebody stops the whole program"
)
_WORDS = _SENTENCE.split()
_MARKS = ("", "", "", ",", ".", ";", "!")
_LINES, _IN_LINE = 12, 10


def items(paragraphs: int, parts: int) -> list[str]:
    """Parts of the text, each with as many paragraphs."""
    return [_paragraph(number) * paragraphs for number in range(parts)]


def task(text: str) -> dict[str, int]:
    """Count the words of a part, without marks and however they are written."""
    counts: dict[str, int] = {}
    for line in text.splitlines():
        for part in line.lower().split():
            word = part.strip(",.;!")
            counts[word] = counts.get(word, 0) + 1
    return counts


def check(results: list[dict[str, int]], paragraphs: int, parts: int) -> bool:
    """Is it what the places of the words say, without any text?"""
    for number, counts in enumerate(results):
        wanted: dict[str, int] = {}
        for at in range(_LINES * _IN_LINE):
            word = _WORDS[_place(number, at)]
            wanted[word] = wanted.get(word, 0) + paragraphs
        if counts != wanted:
            return False
    return len(results) == parts


def _paragraph(number: int) -> str:
    lines = []
    for line in range(_LINES):
        first = line * _IN_LINE
        words = [
            _WORDS[_place(number, at)] + _MARKS[at % len(_MARKS)]
            for at in range(first, first + _IN_LINE)
        ]
        lines.append(" ".join(words).capitalize() + "\n")
    return "".join(lines)


def _place(number: int, at: int) -> int:
    return (at * at + number) % len(_WORDS)
