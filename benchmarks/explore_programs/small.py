"""Small programs, each as three tools want it: what is shared, and what each thread does."""

import threading


class Shared:
    """Two variables, two locks and a list."""

    def __init__(self) -> None:
        self.a = 0
        self.b = 0
        self.lock = threading.Lock()
        self.other = threading.Lock()


def locked(it: Shared) -> None:
    for _ in range(3):
        with it.lock:
            it.a += 1


def locked_once(it: Shared) -> None:
    with it.lock:
        it.a += 1


def locked_twice(it: Shared) -> None:
    for _ in range(2):
        with it.lock:
            it.a += 1


def plain(it: Shared) -> None:
    it.a = it.a + 1


def plain_twice(it: Shared) -> None:
    it.a = it.a + 1
    it.a = it.a + 1


def reads(it: Shared) -> None:
    _ = it.a


def reads_both(it: Shared) -> None:
    _ = it.a
    _ = it.b


def writes(it: Shared) -> None:
    it.a = 1


def writes_both(it: Shared) -> None:
    it.a = 1
    it.b = 1


def writes_other(it: Shared) -> None:
    it.b = 1


def a_then_b(it: Shared) -> None:
    it.a = 1
    _ = it.b


def b_then_a(it: Shared) -> None:
    it.b = 1
    _ = it.a


def nested(it: Shared) -> None:
    with it.lock, it.other:
        it.a += 1


def other_lock(it: Shared) -> None:
    with it.other:
        it.b += 1


PROGRAMS = {
    "two threads, three locked increments": [locked, locked],
    "one locked increment": [locked_once, locked_once],
    "two locked increments": [locked_twice, locked_twice],
    "three threads, one locked increment": [locked_once] * 3,
    "three threads, two locked increments": [locked_twice] * 3,
    "four threads, one locked increment": [locked_once] * 4,
    "nested locks": [nested, nested],
    "nested locks, three threads": [nested] * 3,
    "locks of their own": [locked_once, other_lock],
    "locks, one shared": [nested, other_lock],
    "locks of their own, three times": [locked, other_lock],
    "one increment": [plain, plain],
    "two increments": [plain_twice, plain_twice],
    "three threads, one increment": [plain] * 3,
    "an increment and a reader": [plain, reads],
    "two readers and a writer": [reads, reads, writes],
    "two readers": [reads, reads],
    "two writers": [writes, writes],
    "three writers": [writes] * 3,
    "store buffering": [a_then_b, b_then_a],
    "both written, both read": [writes_both, reads_both],
    "both written twice": [writes_both, writes_both],
    "what nobody shares": [writes, writes_other],
    "an increment and a locked one": [plain, locked_once],
}


def many_orders() -> None:
    """A test of its own: of one lock there are 10! / (3! * 3! * 3!) = 16,800 orders."""
    it = Shared()
    works = (locked, locked, locked, locked_once)
    threads = [threading.Thread(target=one, args=(it,)) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
