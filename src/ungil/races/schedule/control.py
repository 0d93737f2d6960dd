"""Taking this process under control: what instrumented code and the C functions call."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from ungil.races.calls import FORMS, harmless, offer
from ungil.races.candidate import Place, place_of
from ungil.races.schedule.carriers import Carrier, Ended, Greenlets
from ungil.races.schedule.forking import attend
from ungil.races.schedule.points import Point, Points
from ungil.races.schedule.primitives import Primitives
from ungil.races.schedule.strategies import Strategy
from ungil.races.schedule.system import SystemThreads
from ungil.races.schedule.threads import Access, Thread
from ungil.races.schedule.world import Outcome, World
from ungil.races.trace import Touch
from ungil.races.watching import name_of

__all__ = ["CARRIERS", "Control", "NotPossibleError"]

CARRIERS = ("greenlets", "threads")


_TRIES: Place = ("", 0, "locks are tried")
"""In the place of one: it matters when locks are given back."""


class NotPossibleError(RuntimeError):
    """Threads cannot be controlled here; the message says why."""


class _Absent:
    """In the place of a module that was not imported."""


class _InOrder(dict[object, None]):
    """A set that is gone through in the order in which it was filled."""

    def add(self, one: object) -> None:
        """Put one in."""
        self[one] = None


@contextmanager
def _threading_of(world: World) -> Iterator[None]:
    """What `threading` keeps for the process is that of one execution.

    Threads are numbered from 1, so their names are the same each time, and an exception
    that a thread does not catch ends the execution. Garbage is collected between
    executions: where it is would depend on those before. A pool waits for its workers in
    the order in which it made them, and not in that of their addresses.
    """
    pools = vars(sys.modules.get("concurrent.futures.thread", _Absent))
    if type(pools) is dict:
        pools["set"] = _InOrder  # in the place of the builtin
    module: Any = threading
    hook, counter, collects = module.excepthook, module._counter, gc.isenabled()  # noqa: SLF001 - see above

    def excepthook(args: Any, /) -> None:  # noqa: ANN401 - as threading has it
        if world.is_child:
            hook(args)
            return
        thread, error = world.here(), args.exc_value
        if not world.over and thread is not None and not isinstance(error, Ended | SystemExit):
            world.fail(thread, error)

    module.excepthook, module._counter = excepthook, itertools.count(1).__next__  # noqa: SLF001 - see above
    gc.disable()
    try:
        yield
    finally:
        module.excepthook, module._counter = hook, counter  # noqa: SLF001 - see above
        if type(pools) is dict:
            pools.pop("set", None)
        if collects:
            gc.enable()


class Control:
    """Stands where `Watch` does, and runs executions.

    Attributes:
        carrier: What threads run on: `greenlets` or `threads`, those of the system.
        outside: Did somebody wait where it was not seen, since `forget`?
        left: The names of threads that could not be ended since then.
    """

    def __init__(self, shared: Iterable[Place] = (), carrier: str = "greenlets") -> None:
        """Prepare it.

        Args:
            shared: Places that are known to touch what threads share, as `shared` gave them.
            carrier: What threads run on at first.

        Raises:
            NotPossibleError: The native core is missing.
        """
        try:
            _core = import_module("ungil.races._native._core")
        except ImportError as error:
            raise NotPossibleError(
                f"the native core is missing ({error}); install ungil where a C compiler is"
            ) from None
        self._native: ModuleType = _core
        self.core = self
        self.carrier = carrier
        self._shared = frozenset(shared)
        self._made: list[tuple[Point, Place]] = []
        self._points = Points()
        self._primitives = Primitives(self._points)
        self.forget()
        attend(self)

    def start(self) -> None:
        """Take control."""
        calls = self._points.calls()
        forms = (*FORMS, "between")
        offer({form: calls[form] for form in forms}, harmless(forms))
        pairs = self._primitives.pairs()
        originals = self._native.exchange([(function, ours) for function, ours, _ in pairs])
        for (_, _, name), original in zip(pairs, originals, strict=True):
            self._primitives.original.setdefault(name, original)

    def stop(self) -> None:
        """Let go; the instrumented code goes on as it is."""
        self._native.restore()

    def make(self, touches: Sequence[Touch]) -> list[object]:
        """What the constants of a module's code are replaced by."""
        made: list[object] = []
        for one in touches:
            point = Point(one, name_of(one))
            place = place_of(one)
            point.shared = place in self._shared
            self._made.append((point, place))
            made.append(point)
        return made

    def forget(self, shared: Iterable[Place] | None = None) -> None:
        """Another test may share other things: know no more of it than at the beginning.

        Args:
            shared: What was known then, from now on; None if that stays.
        """
        self.outside = False
        self.left: dict[str, None] = {}
        if shared is not None:
            self._shared = frozenset(shared)
        for point, place in self._made:
            point.shared = place in self._shared
        self._primitives.tries = _TRIES in self._shared

    @property
    def shared(self) -> list[Place]:
        """The places that are known to touch what threads share."""
        places = {place for point, place in self._made if point.shared}
        return sorted(places | ({_TRIES} if self._primitives.tries else set()))

    def learn(self, places: Iterable[Place]) -> None:
        """Know of further places that they touch what threads share."""
        self._shared |= frozenset(places)
        self._primitives.tries |= _TRIES in self._shared
        for point, place in self._made:
            point.shared = point.shared or place in self._shared

    def fail(self, error: BaseException) -> None:
        """What runs has failed, though the exception was caught."""
        world = self._points.world
        thread = None if world is None or world.over else world.here()
        if world is not None and thread is not None:
            world.fail(thread, error)

    def execute(
        self,
        function: Callable[[], object],
        strategy: Strategy,
        before_threads: Callable[[], Strategy] | None = None,
    ) -> tuple[World, Outcome]:
        """Run a function and its threads once, as a strategy chooses.

        Args:
            function: What the main thread does.
            strategy: Chooses.
            before_threads: As `World` has it.
        """
        world = World(strategy, self._new_carrier())
        world.before_threads = before_threads
        self._primitives.begin()
        self._points.world = world
        try:
            with _threading_of(world):
                outcome = world.run(function)
        finally:
            self._points.world = None
            self._primitives.end(world.left)
        self.outside |= world.outside
        self.left.update(dict.fromkeys(one.name for one in world.left))
        strategy.ended(world)
        return world, outcome

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """The execution that runs stands still, and what runs here is not under control."""
        world, self._points.world = self._points.world, None
        try:
            yield
        finally:
            self._points.world = world

    def _new_carrier(self) -> Carrier:
        original = self._primitives.original
        if self.carrier == "threads":
            return SystemThreads(original)
        return Greenlets(original, self._native.own)

    def is_calling(self) -> bool:
        """Is it a thread under control that calls this?"""
        world = self._points.world
        return world is not None and not world.over and world.who() is not None

    def let_free(self) -> None:
        """This is a process that the program has forked: its one thread is a plain one."""
        world = self._points.world
        thread = None if world is None or world.over else world.who()
        if world is None or thread is None:
            return
        world.is_child = True
        self._points.world = None
        self.stop()
        self._primitives.to_plain(thread)

    @property
    def moves(self) -> int:
        """How often somebody was chosen in the execution that runs: it grows if one goes on."""
        world = self._points.world
        return 0 if world is None else len(world.segments)

    @property
    def occupied(self) -> Thread | None:
        """Who runs, or is away if nobody does."""
        world = self._points.world
        if world is None:
            return None
        return world.running or next((one for one in world.threads if one.away), None)

    def together(self, functions: Sequence[Callable[[], object]]) -> None:
        """Run functions at once, each in a thread, and wait for all; within an execution.

        Raises:
            RuntimeError: No execution runs.
        """
        world = self._points.world
        if world is None or world.running is None:
            raise RuntimeError("no execution runs")
        main = world.running
        threads = [world.start(one, daemon=False) for one in functions]
        for number, function in enumerate(functions):
            threads[number].name = f"{getattr(function, '__name__', 'worker')} {number + 1}"

        def any_alive() -> bool:
            return any(one.alive for one in threads)

        while any_alive():
            main.fresh = False
            world.point(main, [], any_alive, ("the workers", None))
        for one in threads:
            world.used(main, Access((id(one), "end"), False, orders=True))

    # What `Session` asks of a core.

    def quiet(self, on: bool) -> bool:  # noqa: ARG002 - as the core has it
        """Nothing is listened to."""
        return False

    def module_done(self) -> None:
        """An import orders nothing that is not ordered here."""
