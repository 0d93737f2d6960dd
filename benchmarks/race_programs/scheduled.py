"""Look for a race with a tool that tries schedules, and needs to be told what should hold.

    python scheduled.py frontrun|interleave-test FILE

For each program of the corpus that has an entry: what threads share, what each does, and what
must be true in the end. Prints `failure: …`, or nothing, or that there is no test.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEDULES = 300


@dataclass
class State:
    """What the threads of one run share.

    Attributes:
        program: Loaded anew, since its locks have to be the tool's.
        it: The object under test.
        lock: Of the tool, too.
        got: What the threads got from it.
    """

    program: Any
    it: Any
    lock: threading.Lock
    got: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Test:
    """A test as one would have to write it."""

    setup: Callable[[Any], object]
    workers: tuple[Callable[[Any, State], object], ...]
    holds: Callable[[State], bool] = lambda _: True


def _reset(name: str, value: object) -> Callable[[Any], object]:
    def setup(program: Any) -> object:  # noqa: ANN401 - a module
        setattr(program, name, value)
        return program

    return setup


def _locks(program: Any) -> object:  # noqa: ANN401 - a module
    program.parcel_lock, program.van_lock = threading.Lock(), threading.Lock()
    return program


def _source(program: Any) -> object:  # noqa: ANN401 - a module
    """A generator; in the corrected program a queue."""
    if not hasattr(program, "queue"):
        return program.lines()
    source = program.queue.SimpleQueue()
    for one in [*program.lines(), None, None]:
        source.put(one)
    return source


def _twice(work: Callable[[Any, State], object]) -> tuple[Callable[[Any, State], object], ...]:
    return (work, work)


def _with_lock(
    function: Callable[[Any], Any], arguments: Callable[[State], tuple[object, ...]]
) -> Callable[[Any, State], object]:
    """A call which in the corrected program takes a lock as well."""

    def work(program: Any, state: State) -> object:  # noqa: ANN401 - a module
        called = function(program)
        if called.__code__.co_argcount == len(arguments(state)):
            return called(*arguments(state))
        return called(*arguments(state), state.lock)

    return work


TESTS = {
    "lost_update_attribute": Test(
        lambda p: p.Counter(), _twice(lambda _, s: s.it.visit()), lambda s: s.it.count == 2
    ),
    "lost_update_global": Test(
        _reset("downloaded", 0),
        _twice(lambda p, _: p.download([1])),
        lambda s: s.it.downloaded == 2,
    ),
    "lost_update_nonlocal": Test(
        lambda p: p.numbering(), _twice(lambda _, s: s.it()), lambda s: s.it() == 3
    ),
    "lost_update_dict_item": Test(
        lambda _: {},
        _twice(_with_lock(lambda p: p.count, lambda s: (["a"], s.it))),
        lambda s: s.it["a"] == 2,
    ),
    "check_then_act_dict_key": Test(
        lambda p: p.Chat(),
        (lambda _, s: s.it.join("lobby", "ann"), lambda _, s: s.it.join("lobby", "ben")),
        lambda s: len(s.it.rooms["lobby"]) == 2,
    ),
    "check_then_delete_key": Test(lambda p: p.Cache(), _twice(lambda _, s: s.it.discard("old"))),
    "check_then_add_to_set": Test(
        lambda p: p.Crawler(),
        _twice(lambda _, s: s.it.crawl(["/"])),
        lambda s: len(s.it.visits) == 1,
    ),
    "check_then_use_attribute": Test(
        lambda p: p.Source(lambda _: None),
        (lambda _, s: s.it.fire(1), lambda _, s: s.it.detach()),
    ),
    "check_length_then_pop": Test(lambda _: [1], _twice(lambda p, s: p.work(s.it, s.got))),
    "double_init_property": Test(
        lambda p: p.Report("sales.csv"),
        _twice(lambda _, s: s.got.append(s.it.rows)),
        lambda s: s.got[0] is s.got[1],
    ),
    "double_init_global": Test(
        _reset("_client", None),
        _twice(lambda p, s: s.got.append(p.client())),
        lambda s: s.got[0] is s.got[1],
    ),
    "iterate_dict_while_stored": Test(
        lambda _: {"tea": 3, "milk": 1},
        (lambda p, s: p.show(s.it), lambda p, s: p.add(s.it, "salt", 2)),
    ),
    "shared_generator_in_loops": Test(_source, _twice(lambda p, s: p.work(s.it, s.got))),
    "torn_read_sensor": Test(
        lambda p: p.Sensor(),
        (lambda _, s: s.it.measure(30, 60), lambda _, s: s.got.append(s.it.comfort())),
        lambda s: s.got[0] in (90, 120),
    ),
    "lock_order_two": Test(_locks, (lambda p, _: p.load(), lambda p, _: p.unload())),
}
"""What is not here has nothing that must be true in the end."""


def load(path: Path) -> Any:  # noqa: ANN401 - a module
    """The program, as a module."""
    spec = importlib.util.spec_from_file_location("program", path)
    if spec is None or spec.loader is None:
        sys.exit(f"cannot load {path}")
    program = importlib.util.module_from_spec(spec)
    sys.modules["program"] = program
    spec.loader.exec_module(program)
    return program


def fresh(path: Path, test: Test) -> State:
    """What one run begins with."""
    program = load(path)
    return State(program, test.setup(program), threading.Lock())


def by_frontrun(path: Path, test: Test) -> str:
    """Why the test fails in some schedule; empty if it does in none."""
    import frontrun  # type: ignore[import-not-found,unused-ignore]

    def worker(work: Callable[[Any, State], object]) -> Callable[[State], object]:
        return lambda state: work(state.program, state)

    found = frontrun.explore(
        setup=lambda: fresh(path, test),
        workers=[worker(work) for work in test.workers],
        invariant=test.holds,
        trace_packages=["program"],
        reproduce_on_failure=0,
        total_timeout=30,
    )
    return "" if found.property_holds else str(found.explanation or "fails")


def by_interleave_test(path: Path, test: Test) -> str:
    """Why the test fails in some schedule; empty if it does in none."""
    import interleave_test  # type: ignore[import-not-found,unused-ignore]

    def model() -> None:
        state = fresh(path, test)
        tasks = [interleave_test.spawn(work, state.program, state) for work in test.workers]
        for task in tasks:
            task.join()
        assert test.holds(state)

    found = interleave_test.explore(
        model, iterations=SCHEDULES, seed=1, raise_on_failure=False, include=[str(path)]
    )
    if found.ok:
        return ""
    return f"{found.failure.kind}: {found.failure.details}"


TOOLS = {"frontrun": by_frontrun, "interleave-test": by_interleave_test}


def main() -> None:
    """Look, and print."""
    tool, path = sys.argv[1], Path(sys.argv[2])
    test = TESTS.get(path.parent.name)
    if test is None:
        print("no test")
        return
    try:
        found = TOOLS[tool](path, test)
    except Exception as error:  # noqa: BLE001 - frontrun lets those of the program through
        found = repr(error)
    if found:
        print(f"failure: {found}")


if __name__ == "__main__":
    main()
