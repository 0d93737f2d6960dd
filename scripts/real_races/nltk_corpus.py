"""Two threads read corpora that are loaded when they are first used."""

# mypy: ignore-errors
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import nltk.data
from nltk.corpus.reader import PlaintextCorpusReader
from nltk.corpus.util import LazyCorpusLoader

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
nltk.data.path[:] = [str(folder)]
names = [f"shop{number}" for number in range(100)]
for name in names:
    (folder / "corpora" / name).mkdir(parents=True)
    (folder / "corpora" / name / "order.txt").write_text("pears", "utf-8")
corpora = [LazyCorpusLoader(name, PlaintextCorpusReader, r".*\.txt") for name in names]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    for corpus in corpora:
        start.wait()
        with suppress(AttributeError, RecursionError):  # what the bug raises
            corpus.fileids()


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
temporary.cleanup()
