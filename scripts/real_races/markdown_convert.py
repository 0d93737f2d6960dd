"""Two threads convert texts with one converter."""

# mypy: ignore-errors
import threading

from markdown import Markdown

converter = Markdown(extensions=["footnotes"])
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(10):
        converter.convert(f"# Shop {number}\n\nIt is *open*.[^1]\n\n[^1]: Not on Sundays.\n")


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
