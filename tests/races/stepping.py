"""Runs generated programs, each under one core and then the other, in a process of its own.

Real threads run a program, one step at a time, in the order of the trace: what they are told
to do next goes through a list that they look at again and again, which no core takes for an
order. A line of JSON is a program, and a line answers it.
"""

import json
import sys
import threading
import time
import traceback
from collections import deque
from functools import cached_property
from itertools import count

from ungil.races import reference, watching
from ungil.races.trace import Mode, Site, Touch

try:
    from ungil.races._native import _core as native
except ImportError:
    native = None

CORES = {"native": native, "reference": reference}


class Program:
    """One program, as it runs.

    Thread 0 is the main thread; the others run when a step starts them.
    """

    def __init__(self, core, touches):
        self.core = core
        self.touches = touches
        self.orders = {}
        self.threads = {}
        self.things = {}
        self.locks = {}

    def run(self, steps):
        for thread, what, *parts in steps:
            self.do(thread, getattr(self, what), *parts)
        self.orders = dict.fromkeys(self.orders, self)
        for one in self.threads.values():
            one.join()

    def do(self, thread, function, *given):
        if thread == 0:
            function(*given)
            return
        self.orders[thread] = lambda: function(*given)
        while self.orders[thread] is not None:
            time.sleep(0.00002)

    def follow(self, me):
        while (order := self.orders[me]) is not self:
            if order is None:
                time.sleep(0.00002)
                continue
            try:
                order()
            finally:
                self.orders[me] = None

    def fork(self, child):
        self.orders[child] = None
        self.threads[child] = threading.Thread(
            target=self.follow, args=(child,), name=f"thread {child}"
        )
        self.threads[child].start()

    def join(self, child):
        self.orders[child] = self
        self.threads[child].join()

    def acquire(self, lock, touch=None):
        if touch is not None:
            self.core.here(None, self.touches[touch])
        assert self.lock(lock).acquire(blocking=False)

    def release(self, lock):
        self.lock(lock).release()

    def lock(self, lock):
        if lock not in self.locks:
            kind = threading.RLock if lock.startswith("r") else threading.Lock
            self.locks[lock] = kind()
        return self.locks[lock]

    def post(self, channel):
        self.core.post(self.thing(channel))

    def receive(self, channel):
        self.core.receive(self.thing(channel))

    def thing(self, name):
        if name not in self.things:
            self.things[name] = MADE.get(name, object)()
            if type(self.things[name]) is object:
                self.things[name] = Plain()
        return self.things[name]

    def touch(self, touch, thing, *key):
        form, *_ = self.forms[touch]
        constant = self.touches[touch]
        thing = self.thing(thing)
        if form == "variable":
            self.core.variable(constant, thing)
        elif form == "holding":
            self.core.key(self.core.holding(thing, constant) and key[0], constant)
        elif form in {"attribute", "named", "item", "method"} and touch % 3 == 1:
            self.core.receiver(thing, constant)
            self.core.last(None, *key, constant)
        elif form in {"attribute", "named", "item", "method"} and touch % 3 == 2:
            self.core.used(None, thing, *key, constant)
        elif key:
            getattr(self.core, form)(thing, *key, constant)
        else:
            getattr(self.core, form)(thing, constant)

    def store(self, thing, key):
        """Without being seen."""
        thing = self.thing(thing)
        if isinstance(thing, dict):
            thing[key] = 1
        elif isinstance(thing, set):
            thing.add(key)
        elif isinstance(thing, Plain):
            setattr(thing, str(key), 1)

    def names(self, thing):
        """Its namespace is used as such."""
        self.things["names"] = vars(self.thing(thing))


class Plain:
    in_class = None

    def method(self):
        pass

    @property
    def computed(self):
        return 1

    @cached_property
    def once(self):
        return 1


class Slotted:
    __slots__ = ("a", "b")


class Own(Plain):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class Table(dict):
    pass


def cell():
    x = 1
    return lambda: x


MADE = {
    "plain": Plain,
    "other": Plain,
    "slotted": Slotted,
    "own": Own,
    "class": lambda: type("Made", (Plain,), {}),
    "dict": dict,
    "table": Table,
    "list": lambda: [1, 2, 3],
    "deque": lambda: deque([1, 2]),
    "set": set,
    "iterator": lambda: iter([]),
    "cell": cell,
    "local": threading.local,
    "bytes": lambda: bytearray(4),
}


def watched(which, touches, steps):
    """What a core found, with the numbers that it gave taken out."""
    core = CORES[which]
    watching.core_in_use = lambda: (core, "")
    records = []
    watch = watching.Watch(records.append)
    watch.start()
    try:
        made = watch.make(
            [
                Touch(
                    *(Site("p.py", n), form, Mode(mode), name, function),
                    *(tuple(map(tuple, after)), False, *direct),
                )
                for n, (form, mode, name, function, after, *direct) in enumerate(touches)
            ]
        )
        program = Program(core, made)
        program.forms = touches
        program.run(steps)
    finally:
        watch.stop()
    owners = count()
    numbers = {}
    found = {"conflicts": [], "compounds": [], "cycles": []}
    for what, *record in records:
        if what == "conflict":
            first, second, owner, *rest = record
            number = numbers.setdefault(owner, next(owners))
            found["conflicts"].append([first[:3], second[:3], number, *rest])
        elif what == "compound":
            found["compounds"].append(record)
        elif what == "cycle":
            found["cycles"].append(sorted(record[0]))
    return {what: sorted(those, key=repr) for what, those in found.items()}


def serve():
    for line in sys.stdin:
        which, touches, steps = json.loads(line)
        try:
            answer = {one: watched(one, touches, steps) for one in which}
        except Exception as error:  # noqa: BLE001 - it is told where it is looked at
            answer = {"error": "".join(traceback.format_exception(error))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
