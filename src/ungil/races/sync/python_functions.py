"""The functions of the standard library that order threads by more, or less, than locks.

`Event.is_set` reads a flag, and an event loop runs what another thread gave it: no lock
says so. The locks inside of queues, pools and loggers, on the other hand, keep these in
order and not their users: two workers that take jobs from one queue are not ordered by
that, only each job after who put it there.

The code of these functions is exchanged, not they themselves: so whoever got hold of one
of them early is seen, too.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from ungil.races.calls import PREFIX, offer
from ungil.races.later import when_imported

if TYPE_CHECKING:
    from logging import Handler
    from queue import Queue

__all__ = ["Listening"]

Action = Callable[[Any], object]

_CALLED = "around"

_ORDERS_NOTHING = "_ungil_orders_nothing"
"""An attribute of semaphores that are somebody's own affair."""

_TEMPLATE = f"""
def around(*args, **kwargs):
    return {PREFIX}{_CALLED}__(NUMBER, args, kwargs)
"""


class _Around:
    """Calls the originals of exchanged functions, and tells before and after."""

    def __init__(self) -> None:
        self._originals: list[tuple[Callable[..., object], Action | None, Action | None]] = []
        self._restore: list[tuple[FunctionType, CodeType]] = []

    def __call__(self, number: int, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        original, before, after = self._originals[number]
        first = args[0] if args else None
        if before is not None:
            before(first)
        result = original(*args, **kwargs)
        if after is not None and result is not False:
            after(first)
        return result

    def original(self, number: int, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Call the original, and tell nobody."""
        return self._originals[number][0](*args, **kwargs)

    def exchange(
        self, function: object, before: Action | None = None, after: Action | None = None
    ) -> None:
        """Exchange the code of a function.

        Args:
            function: Of Python, without variables of a function around it.
            before: Is given its first argument before it runs.
            after: Likewise after it has run, unless it gave False.
        """
        if not isinstance(function, FunctionType) or function.__closure__:
            return  # somebody has put something else in its place
        code = function.__code__
        original = FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__
        )
        original.__kwdefaults__ = function.__kwdefaults__
        names: dict[str, FunctionType] = {}
        template = _TEMPLATE.replace("NUMBER", str(len(self._originals)))
        exec(compile(template, code.co_filename, "exec"), names)  # noqa: S102 - it is ours
        self._originals.append((original, before, after))
        self._restore.append((function, code))
        function.__code__ = names["around"].__code__.replace(
            co_name=code.co_name, co_firstlineno=code.co_firstlineno
        )

    def restore(self) -> None:
        for function, code in reversed(self._restore):
            function.__code__ = code
        self._restore.clear()


class Listening:
    """Listens to the functions of the modules that are imported, and of those to come."""

    def __init__(
        self,
        post: Action,
        receive: Action,
        unordered: Action,
        blocks: Callable[[str, object], object],
        all_joined: Callable[[], object],
        is_watched: Callable[[type], bool],
    ) -> None:
        """Begin.

        Args:
            post: To be told of a channel that something was said to.
            receive: To be told of one that was listened to.
            unordered: To be told of a lock that orders nothing outside of its owner.
            blocks: To be told of what is waited for, and of a lock that is given back
                meanwhile.
            all_joined: To be told when all threads that have ended were waited for.
            is_watched: Says whether the program's own code is in a class.
        """
        self._post = post
        self._receive = receive
        self._unordered = unordered
        self._blocks = blocks
        self._all_joined = all_joined
        self._is_watched = is_watched
        self._around = _Around()
        offer({_CALLED: self._around}, {_CALLED: self._around.original})
        self._of_threading()
        # Before 3.13 it takes the locks only of those that have not ended yet.
        self._around.exchange(vars(threading)["_shutdown"], after=lambda _: self._all_joined())
        for name in ("_active_limbo_lock", "_shutdown_locks_lock"):
            if hasattr(threading, name):
                unordered(getattr(threading, name))
        self._end_waiting = when_imported(
            {
                "weakref": self._of_weakref,
                "asyncio.events": self._of_asyncio,
                "concurrent.futures._base": self._of_futures,
                "concurrent.futures.thread": self._of_pools,
                "logging": self._of_logging,
                "queue": self._of_queue,
            }
        )

    def _waits(self, function: object, what: str, after: Action | None = None) -> None:
        self._around.exchange(function, lambda _: self._waiting(what, None), after)

    def _waiting(self, what: str, released: object) -> None:
        # Behind this function and its two callers here is the one whose code was exchanged.
        caller = sys._getframe(3).f_back  # noqa: SLF001 - who waits
        if caller is None or caller.f_globals.get("__name__") != "threading":
            self._blocks(what, released)

    def _own_lock(self, kind: type, *path: str) -> None:
        """A lock that keeps objects of a type in order, and not who uses them."""

        def made(one: object) -> None:
            for name in path:
                one = vars(one)[name]
            self._unordered(one)

        self._around.exchange(vars(kind)["__init__"], after=made)

    def end(self) -> None:
        """Listen no more."""
        self._around.restore()
        self._end_waiting()

    # What is private in these modules is what their locks are called.

    def _of_threading(self) -> None:
        event, semaphore = threading.Event, threading.Semaphore
        self._own_lock(event, "_cond", "_lock")
        self._around.exchange(event.set, before=self._post)
        self._around.exchange(event.is_set, after=self._receive)
        self._waits(event.wait, "Event.wait", self._receive)
        self._own_lock(semaphore, "_cond", "_lock")
        # A bounded one has a `release` of its own; `with` goes through `acquire`, and
        # its `__enter__` is an alias that was made before.
        for one in (semaphore, threading.BoundedSemaphore):
            self._around.exchange(vars(one).get("release"), before=self._given_back)
        self._around.exchange(semaphore.acquire, after=self._receive)
        thread = threading.Thread
        if hasattr(thread, "_wait_for_tstate_lock"):
            # Before 3.13 only the first who waits for its end takes its lock.
            self._around.exchange(vars(thread)["_delete"], before=self._post)
            self._waits(thread.join, "Thread.join", self._ended)
            self._around.exchange(thread.is_alive, before=self._ended)
        else:
            self._waits(thread.join, "Thread.join")
        self._waits(threading.Barrier.wait, "Barrier.wait")
        self._around.exchange(
            threading.Condition.wait,
            before=lambda one: self._waiting("Condition.wait", vars(one)["_lock"]),
        )

    def _ended(self, thread: object) -> None:
        if vars(thread).get("_is_stopped"):
            self._receive(thread)

    def _given_back(self, semaphore: object) -> None:
        if _ORDERS_NOTHING not in vars(semaphore):
            self._post(semaphore)

    def _of_weakref(self, module: ModuleType) -> None:
        """Who finds a value gone comes after whoever let go of it last."""
        mapping = module.WeakValueDictionary
        post, receive = self._post, self._receive

        def made(one: object) -> None:
            remove = vars(one)["_remove"]
            itself = module.ref(one)

            def gone(reference: object) -> None:
                if (alive := itself()) is not None:
                    post(alive)
                remove(reference)

            vars(one)["_remove"] = gone

        self._around.exchange(mapping.__init__, after=made)
        for name in ("__getitem__", "get", "__contains__", "setdefault", "__setitem__", "pop"):
            self._around.exchange(getattr(mapping, name), after=receive)

    def _of_asyncio(self, module: ModuleType) -> None:
        self._around.exchange(module.Handle.__init__, before=self._post)
        self._around.exchange(vars(module.Handle)["_run"], before=self._receive)

    def _of_queue(self, module: ModuleType) -> None:
        exact = (module.Queue, module.LifoQueue, module.PriorityQueue)

        def made(queue: Queue[object]) -> None:
            # A subclass may rely on being called with the lock.
            if type(queue) in exact:
                self._unordered(queue.mutex)

        self._around.exchange(module.Queue.__init__, after=made)
        for name in ("put", "task_done", "shutdown"):
            self._around.exchange(getattr(module.Queue, name, None), before=self._post)
        for name in ("get", "join"):
            self._waits(getattr(module.Queue, name), f"Queue.{name}", self._receive)

    def _of_futures(self, module: ModuleType) -> None:
        future = module.Future
        self._own_lock(future, "_condition", "_lock")
        for name in ("set_result", "set_exception", "cancel"):
            self._around.exchange(getattr(future, name), before=self._post)
        for name in ("result", "exception"):
            self._waits(getattr(future, name), f"Future.{name}", self._receive)
        self._around.exchange(future.done, after=self._receive)
        # `wait` and `as_completed` look at the states of all while they hold their locks.
        self._around.exchange(
            vars(module)["_AcquireFutures"].__enter__,
            after=lambda all_of_them: [*map(self._receive, all_of_them.futures)],
        )
        # If it has a result, the callback is called at once.
        self._around.exchange(future.add_done_callback, before=self._receive)

    def _of_pools(self, module: ModuleType) -> None:
        def made(pool: object) -> None:
            # It counts who has nothing to do, and so would order all who had.
            quiet = vars(pool)["_idle_semaphore"]
            vars(quiet)[_ORDERS_NOTHING] = True

        self._unordered(vars(module)["_global_shutdown_lock"])
        self._around.exchange(module.ThreadPoolExecutor.__init__, after=made)

    def _of_logging(self, module: ModuleType) -> None:
        def made(handler: Handler) -> None:
            # One of the program's relies on its lock being held when it emits.
            if handler.lock is not None and not self._is_watched(type(handler)):
                self._unordered(handler.lock)

        self._unordered(vars(module)["_lock"])
        self._around.exchange(module.Handler.createLock, after=made)
        for reference in vars(module)["_handlerList"]:  # those that were made before
            if (handler := reference()) is not None:
                made(handler)
