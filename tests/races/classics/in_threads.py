"""How the classics start their threads."""

import threading
from collections.abc import Callable, Sequence


def at_once(*functions: Callable[[], object]) -> None:
    """Run functions at once, each in a thread, and wait for all."""
    play(functions)


def play(functions: Sequence[Callable[[], object]]) -> None:
    """Do it with plain threads; other tools put something of theirs here."""
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
