"""Taking this process under control: what instrumented code and the C functions call."""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ungil.races.abroad import keep
from ungil.races.calls import FORMS, harmless, offer
from ungil.races.candidate import Place, Spot, place_of
from ungil.races.schedule.carriers import Carrier, Ended, Greenlets, Lanes
from ungil.races.schedule.carriers.forking import attend, leave
from ungil.races.schedule.carriers.reaching import raise_in_no_more
from ungil.races.schedule.carriers.system import SystemThreads
from ungil.races.schedule.primitives import Primitives
from ungil.races.schedule.strategies import Strategy
from ungil.races.schedule.threads import Access, Thread
from ungil.races.schedule.world import NoEndError, Outcome, World
from ungil.races.trace import Touch
from ungil.races.watching import language, rows

if TYPE_CHECKING:
    from ungil.races.schedule.threads import Point

__all__ = ["CARRIERS", "Control", "NotPossibleError"]

CARRIERS = ("greenlets", "threads")


_TRIES: Place = ("", 0, "locks are tried")
"""In the place of one: it matters when locks are given back."""


_NAMED = frozenset({"attribute", "named", "variable", "storing"})
"""Forms of touches that have the name of what is used."""

_CONTAINERS = (list, dict, set, bytearray, deque, defaultdict, OrderedDict, Counter)
"""What lets other threads at it between its items, gone through by functions in C."""


class NotPossibleError(RuntimeError):
    """Threads cannot be controlled here; the message says why."""


class _Absent:
    """In the place of a module that was not imported."""


class _InOrder(dict[object, None]):
    """A set that is gone through in the order in which it was filled."""

    def add(self, one: object) -> None:
        """Put one in."""
        self[one] = None


class _Threading:
    """What `threading` keeps for the process is that of one execution, while it runs.

    Threads are numbered from 1, so their names are the same each time, and an exception
    that a thread does not catch ends the execution. Garbage is collected between
    executions: where it is would depend on those before. A pool waits for its workers in
    the order in which it made them, and not in that of their addresses.
    """

    _world: World | None = None

    def begin(self, world: World) -> None:
        """An execution begins."""
        self._world = world
        self._pools = vars(sys.modules.get("concurrent.futures.thread", _Absent))
        if type(self._pools) is dict:
            self._pools["set"] = _InOrder  # in the place of the builtin
        module: Any = threading
        self._before = module.excepthook, module._counter  # noqa: SLF001 - there is no other name for it
        module.excepthook, module._counter = self._excepthook, count(1).__next__  # noqa: SLF001 - there is no other name for it
        self._collects = gc.isenabled()
        gc.disable()

    def end(self) -> None:
        """It has ended."""
        module: Any = threading
        module.excepthook, module._counter = self._before  # noqa: SLF001 - there is no other name for it
        if type(self._pools) is dict:
            self._pools.pop("set", None)
        if self._collects:
            gc.enable()
        self._world = None  # it is gone as soon as nobody looks at it

    def _excepthook(self, args: Any, /) -> None:  # noqa: ANN401 - as threading has it
        world = self._world
        if world is None or world.is_child:
            self._before[0](args)
            return
        thread, error = world.here(), args.exc_value
        if not world.over and thread is not None and not isinstance(error, Ended | SystemExit):
            world.fail(thread, error)


class Control:
    """Stands where `Watch` does, and runs executions.

    Attributes:
        carrier: What threads run on: `greenlets` or `threads`, those of the system.
        executions: How many have begun.
        outside: Did somebody wait where it was not seen, since `forget`?
        left: The names of threads that could not be ended since then.
        fixed: Is it known what threads share, so that nothing is learnt?
        looks: Is called with an execution whenever one of its threads has come to a place.
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
        self.looks: Callable[[World], object] | None = None
        self._shared = frozenset(shared)
        self._made: list[tuple[Point, Place]] = []
        self._world: World | None = None
        self._tries = False
        self.executions = 0
        self._giving_up = threading.Lock()
        self._lanes = Lanes()
        self._primitives = Primitives(_core)
        self._threading = _Threading()
        self.forget()

    def start(self) -> None:
        """Take control."""
        attend(self)
        forms = (*FORMS, "between")
        offer({one: getattr(self._native, f"point_{one}") for one in forms}, harmless(forms))
        pairs = self._primitives.pairs()
        originals = self._native.exchange([(function, ours) for function, ours, _ in pairs])
        for (_, _, name), original in zip(pairs, originals, strict=True):
            self._primitives.original.setdefault(name, original)
        self._native.control(
            **language(),
            **self._primitives.locks,
            containers=_CONTAINERS,
            originals=self._primitives.original,
            access=Access,
            ended=Ended,
        )

    def stop(self) -> None:
        """Let go; the instrumented code goes on as it is."""
        leave()
        self._native.restore()
        self._lanes.end()

    def make(self, touches: Sequence[Touch]) -> list[object]:
        """What the constants of a module's code are replaced by."""
        first = len(self._made)
        made: list[Point] = self._native.make(first, rows(touches))
        for point, touch in zip(made, touches, strict=True):
            place = place_of(touch)
            point.touch = touch
            point.shared = place in self._shared
            self._made.append((point, place))
        keep(first, made)
        return list(made)

    def forget(self, shared: Iterable[Place] | None = None, *, fixed: bool = False) -> None:
        """Another test may share other things: know no more of it than at the beginning.

        Args:
            shared: What was known then, from now on; None if that stays.
            fixed: Is no more to be learnt? Then one is chosen at these places alone, and where
                threads wait.
        """
        self.outside = False
        self.left: dict[str, None] = {}
        self.fixed = fixed
        if shared is not None:
            self._shared = frozenset(shared)
        for point, place in self._made:
            point.shared = place in self._shared
        self._tries = _TRIES in self._shared

    @property
    def shared(self) -> list[Place]:
        """The places that are known to touch what threads share."""
        # Of what copies of this process have told, it may have made nothing itself.
        places = {place for point, place in self._made if point.shared} | self._shared
        return sorted(places | ({_TRIES} if self._tries else set()))

    def not_found(self) -> list[str]:
        """Which files are not as they were when it was learnt what is shared, in words."""
        here = {place for _, place in self._made}
        files = {path for path, _, _ in here}
        told: dict[str, str] = {}
        for path, line, text in sorted(self._shared - here - {_TRIES}):
            there = f"line {line} of {path} is not `{text}`"
            told.setdefault(path, there if path in files else f"{path} is not here, or not watched")
        return list(told.values())

    def near(self, spots: Sequence[Spot]) -> list[Place]:
        """Places that matter to some: those, and where an attribute or variable of that name is.

        Args:
            spots: Which.
        """
        named = [
            (point.touch.name, place) for point, place in self._made if point.touch.form in _NAMED
        ]
        names = {
            name
            for name, (path, line, text) in named
            if any(one[:2] == (path, line) and one.text.startswith(text) for one in spots)
        }
        places = {place for name, place in named if name in names}
        places.update(one[:3] for one in spots)
        return sorted(places | ({_TRIES} if self._tries else set()))

    def learn(self, places: Iterable[Place]) -> None:
        """Know of further places that they touch what threads share."""
        self._shared |= frozenset(places)
        self._tries |= _TRIES in self._shared
        if self._world is not None:
            self._world.tries |= self._tries
        for point, place in self._made:
            point.shared = point.shared or place in self._shared

    def fail(self, error: BaseException) -> None:
        """What runs has failed, though the exception was caught."""
        world = self._world
        thread = None if world is None or world.over else world.here()
        if world is not None and thread is not None:
            world.fail(thread, error)

    def finish(self) -> None:
        """What comes now is of no interest: the execution ends here, if it is of one."""
        world = self._world
        if world is not None and not world.over and world.here() is not None:
            world.finish()

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
        world.tries = self._tries
        world.was_outside = self.outside
        self._tell(world)
        self._world = world
        self.executions += 1
        self._native.carry(world)
        self._threading.begin(world)
        try:
            outcome = world.run(function)
        finally:
            self._threading.end()
            self._native.carry(None)
            self._world = None
            if world.given_up:
                with self._giving_up:
                    raise_in_no_more(self._primitives.original["get_ident"]())
            world.passed = None
            world.rest()
            self._primitives.end(world.left)
        self._tries = world.tries
        self.outside |= world.outside
        if world.left:
            self.left.update(dict.fromkeys(one.name for one in world.left))
        strategy.ended(world)
        return world, outcome

    def give_up(self, why: str) -> None:
        """Let the execution that runs raise `NoEndError`; from a thread that is none of its."""
        world = self._world
        if world is None:
            return
        with self._giving_up:
            world.given_up = True
            if self._world is world:
                world.give_up(NoEndError(why))

    @property
    def has_given_up(self) -> bool:
        """Is the execution that runs to come to its end at once?"""
        world = self._world
        return world is not None and world.given_up

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """The execution that runs stands still, and what runs here is not under control."""
        world, self._world = self._world, None
        self._native.carry(None)
        try:
            yield
        finally:
            if world is not None:
                world.tries |= self._tries  # it was learnt meanwhile
                self._tell(world)
            self._world = world
            self._native.carry(world)

    def _tell(self, world: World) -> None:
        world.fixed = self.fixed
        world.passed = None if self.looks is None else partial(self.looks, world)

    def _new_carrier(self) -> Carrier:
        original = self._primitives.original
        if self.carrier == "threads":
            return SystemThreads(original, self._native.carry)
        return Greenlets(original["get_ident"], self._lanes)

    def is_calling(self) -> bool:
        """Is it a thread under control that calls this?"""
        world = self._world
        return world is not None and not world.over and world.who() is not None

    def let_free(self) -> None:
        """This is a process that the program has forked: its one thread is a plain one."""
        world = self._world
        thread = None if world is None or world.over else world.who()
        if world is None or thread is None:
            return
        world.is_child = True
        self._world = None
        self._native.carry(None)
        self.stop()
        self._primitives.to_plain(world, thread)

    @property
    def moves(self) -> int:
        """How often somebody was chosen in the execution that runs: it grows if one goes on."""
        world = self._world
        return 0 if world is None else len(world.segments)

    @property
    def occupied(self) -> Thread | None:
        """Who runs, or is away if nobody does."""
        world = self._world
        if world is None:
            return None
        return world.running or next((one for one in world.threads if one.away), None)

    def together(self, functions: Sequence[Callable[..., object]], *given: object) -> None:
        """Run functions at once, each in a thread, and wait for all; within an execution.

        Args:
            functions: Which.
            given: To each of them.

        Raises:
            RuntimeError: No execution runs.
        """
        world = self._world
        main = None if world is None else world.running
        if world is None or main is None:
            raise RuntimeError("no execution runs")
        started: list[Thread] = []
        for number, function in enumerate(functions, 1):
            thread = world.start(lambda function=function: function(*given), daemon=False)  # type: ignore[misc]  # bound now
            thread.name = f"{getattr(function, '__name__', 'worker')} {number}"
            started.append(thread)
        threads = tuple(started)
        if any(one.alive for one in threads):
            main.fresh = False
            world.point(main, [], threads, ("the workers", None))
        world.joined(main, threads)

    # What `Session` asks of a core.

    def quiet(self, on: bool) -> bool:  # noqa: ARG002 - as the core has it
        """Nothing is listened to."""
        return False

    def module_done(self) -> None:
        """An import orders nothing that is not ordered here."""
