"""All tasks count words in one dictionary."""

COUNTS = {}
TEXTS = [[f"word{(start * 7 + number) % 500}" for number in range(10_000)] for start in range(32)]


def count(text):
    for word in text:
        COUNTS[word] = COUNTS.get(word, 0) + 1
