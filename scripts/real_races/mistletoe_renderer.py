"""Two threads render Markdown, each with a renderer of its own."""

# mypy: ignore-errors
import threading

from mistletoe import Document
from mistletoe.markdown_renderer import MarkdownRenderer

start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for number in range(20):
        with MarkdownRenderer() as renderer:
            renderer.render(Document(f"# Shop {number}\n\nIt is *open*.\n"))


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
