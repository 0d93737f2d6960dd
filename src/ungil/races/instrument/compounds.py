"""Which touches of a function may follow from which: checks and the values they led to.

`if k not in d: d[k] = make()` is meant as one step, and so are `n = o.n` and `o.n = n + 1`
with lines between them. What is found here is only that the one touch decides whether the
other happens (`check`), or that what it read goes into what the other stores (`value`);
whether both were of the same variable shows when the program runs. So it is done on what
the rewriter made, in which every touch stands where it happens, and names only pairs that
can be of the same variable.

Each function is gone through once, in the order in which it would run: branches apart and
then together again, loops once. It looks through the function's own variables, so that
`x = d.get(k)` and `if x is None` are a check of `d`; what other functions do with a value
it does not know.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ungil.races.instrument.methods import IN_PLACE, MUTATING
from ungil.races.instrument.nodes import (
    Touched,
    WatchedName,
    bound_by,
    is_used,
    key_of,
    number_of,
)
from ungil.races.trace import Mode, Touch

__all__ = ["Reads", "Walk", "compounds"]

MOST = 8
"""Of the touches that one follows from."""

REMEMBERED = 32
"""Of the touches whose values a variable may hold, or a test."""

LOOKED_AT = 200
"""Of the touches that decide whether a statement is reached."""

_BEARS_ABSENCE = frozenset({"get", "pop", "setdefault", "discard", "__contains__"})
"""Methods to which it does not matter whether something is at their key, or may not."""

_ABSENCE = frozenset(
    {"KeyError", "IndexError", "LookupError", "ValueError", "Exception", "BaseException"}
)
"""What tells that something is not in a container, and what else catches that."""

_COPYING = frozenset({"list", "sorted", "set", "frozenset"})
"""Functions that give a copy of the keys of a dict, in one step."""

_TAKING = frozenset({"", "__getitem__", "__delitem__", "pop", "popitem", "popleft", "remove"})
"""What raises them: an item that is used or deleted, and methods."""

Reads = tuple[int, ...]
Leaves = Literal["", "next", "break", "function"]
"""How a branch that never ends at its end leaves: how far it goes at the least."""

_HOW_FAR: tuple[Leaves, ...] = ("", "next", "break", "function")

_IN_PLACE = frozenset(IN_PLACE.values())

_KINDS = {
    **dict.fromkeys(["attribute", "named"], "attribute"),
    **dict.fromkeys(["variable", "storing"], "variable"),
    **dict.fromkeys(["item", "holding", "method", "next"], "container"),
    **dict.fromkeys(["member", "keyed", "whole", "iterate"], "container"),
    "call": "call",
}
"""What the forms of touches are of; others are of no variable."""


def compounds(
    module: ast.Module, touches: Sequence[Touch]
) -> dict[int, tuple[tuple[int, str], ...]]:
    """What follows from what.

    Args:
        module: As the rewriter left it.
        touches: By the numbers that are in it.

    Returns:
        For the touches that follow from others: these, the nearest first, and how.
    """
    walk = Walk(touches)
    walk.go_through(module)
    return {
        number: tuple(sorted(found, key=walk.order_of, reverse=True)[:MOST])
        for number, found in walk.after.items()
    }


def _may_meet(read: Touch, act: Touch) -> bool:
    """Can they be of the same variable?"""
    kinds = _KINDS.get(read.form), _KINDS.get(act.form)
    match kinds:
        case (None, _) | (_, None):
            return False
        case ("call", _) | (_, "call"):
            return True
        case ("attribute", "attribute"):
            return "named" in {read.form, act.form} or read.name == act.name
        case ("variable", "variable"):
            return read.name == act.name
        case ("container", "container"):
            return True
    # An attribute is an item of its object's namespace.
    container = read if kinds[0] == "container" else act
    return "attribute" in kinds and any(
        text in container.site.text for text in ("__dict__", "vars(")
    )


_EMPTYING = re.compile(r"(.+)(?:\.clear\(\)|\[\s*:\s*\])")

_VIEWED = re.compile(r"(.+?)(?:\.(?:copy|items|keys|values)\(\)|\[\s*:\s*\])?")


def _emptied(touch: Touch) -> str:
    """What all is taken out of, as the source has it: `q.clear()`, `del q[:]`."""
    empties = touch.name == "clear" or (touch.form == "whole" and touch.mode is Mode.WRITE)
    found = _EMPTYING.fullmatch(touch.site.text) if empties else None
    return found[1] if found else ""


def _gone_through(touch: Touch) -> str:
    """Likewise, what all is looked at of: `for x in q`, `list(q)`, `q.copy()`, `q[:]`."""
    text = touch.site.text
    sees_all = touch.form == "iterate" or touch.name == "copy" or text.endswith("]")
    found = _VIEWED.fullmatch(text) if sees_all and touch.form in _SEEING else None
    return found[1] if found else ""


_SEEING = {"iterate", "method", "whole"}


@dataclass
class _Guard:
    """What was read by a test that decides whether the statements here are reached."""

    reads: Reads
    far: Leaves
    """Its other branch leaves so far; what is behind that is decided by it, too."""


@dataclass
class Walk(ast.NodeVisitor):
    """Goes through functions; the methods' names are those that `ast` looks for."""

    touches: Sequence[Touch]
    after: dict[int, dict[tuple[int, str], None]] = field(default_factory=dict)
    order: dict[int, int] = field(default_factory=dict)
    waiting: deque[list[ast.stmt] | ast.expr] = field(default_factory=deque)
    """Functions inside others."""
    flows: dict[str, Reads] = field(default_factory=dict)
    """What was read into the function's variables."""
    guards: list[_Guard] = field(default_factory=list)
    happened: list[int] = field(default_factory=list)
    """All touches of the function so far."""
    seen: list[int] = field(default_factory=list)
    """Those of them that read."""
    caught: int = 0
    """Statements around that catch the error of an item that is not there."""
    bound: Reads = ()
    """What the statement before gave to the names that it bound."""
    bears_absence: bool = False
    """Is it all the same here if something is not in a container?"""

    def order_of(self, pair: tuple[int, str]) -> int:
        """When a touch happens."""
        return self.order[pair[0]]

    def go_through(self, module: ast.Module) -> None:
        """Go through all functions of a module."""
        self.waiting.append(module.body)
        while self.waiting:
            self._function_body(self.waiting.popleft())

    def _function_body(self, body: list[ast.stmt] | ast.expr) -> None:
        self.flows, self.guards, self.bound = {}, [], ()
        self.happened, self.seen, self.caught = [], [], 0
        self.bears_absence = False
        if isinstance(body, list):
            self._block(body)
        else:
            self.returns(self._read(body))

    def returns(self, reads: Reads) -> None:
        """A function returns what was read from these."""

    def called(self, _node: ast.Call, _given: Reads) -> Reads:
        """What a call gives, besides what it is given."""
        return ()

    # Touches

    def happens(self, number: int) -> Reads:
        """A touch; it gives itself if it reads."""
        self.order.setdefault(number, len(self.order))
        self.happened.append(number)
        left = LOOKED_AT
        for guard in reversed(self.guards):
            for read in guard.reads:
                if not (self.bears_absence and self._takes(number) and self._asks(read)):
                    self._relate(number, read, "check")
            left -= len(guard.reads)
            # Those still to come are all farther away.
            if left < 0 or len(self.after.get(number, ())) > MOST:
                break
        touch = self.touches[number]
        if emptied := _emptied(touch):
            for read in self.seen:
                if _gone_through(self.touches[read]) == emptied:
                    self._relate(number, read, "value")
        if touch.mode is Mode.WRITE or touch.form not in _KINDS:
            return ()
        self.seen.append(number)
        return (number,)

    def _takes(self, number: int) -> bool:
        """Does it raise if what it takes is not there?"""
        touch = self.touches[number]
        return (
            _KINDS.get(touch.form) == "container" and touch.name in _TAKING and not _stores(touch)
        )

    def _asks(self, number: int) -> bool:
        """Does it only tell what is there, and nothing of it?

        What is there may be another by then, if more was asked; how many there are is a limit.
        """
        touch = self.touches[number]
        if touch.form == "whole":  # as the text of a test, rather than of `len(…)` or a slice
            return touch.site.text.replace(".", "").isidentifier()
        return touch.form in {"member", "keyed", "iterate"} or touch.name in {"keys", "copy"}

    def _relate(self, act: int, read: int, how: str) -> None:
        if read != act and _may_meet(self.touches[read], self.touches[act]):
            self.after.setdefault(act, {})[read, how] = None

    def _chosen(self, number: int, reads: Reads) -> None:
        """What was read decides which item a touch is of: `users[len(users)] = user`."""
        touch = self.touches[number]
        if touch.mode is Mode.READ and (self.caught or touch.name in _BEARS_ABSENCE):
            return
        if self.bears_absence and self._takes(number):
            return
        raises = touch.mode is Mode.READ and touch.name in {"", "__getitem__"}
        for read in reads:
            # What goes through a container has the rule of its own; who goes through a copy of
            # its keys relies on their being there.
            earlier = self.touches[read]
            copied = raises and earlier.form == "iterate" and earlier.name in _COPYING
            if copied or earlier.form not in {"iterate", "next"}:
                self._relate(number, read, "check")

    def stored(self, number: int, reads: Reads) -> None:
        """What was read goes into what a touch writes."""
        for read in reads:
            self._relate(number, read, "value")

    # Expressions; each gives what its value was read from

    def generic_visit(self, node: ast.AST) -> Reads:
        """Any other: what its parts were read from, in order."""
        return _both(*(self._read(one) for one in _expressions(node)))

    def _read(self, node: ast.AST | None) -> Reads:
        found: Reads = () if node is None else self.visit(node)
        return found

    def visit_Constant(self, _node: ast.Constant) -> Reads:
        return ()

    def visit_Name(self, node: ast.Name) -> Reads:
        return self.flows.get(node.id, ())

    def visit_BoolOp(self, node: ast.BoolOp) -> Reads:
        found: Reads = ()
        for value in node.values:
            found = _both(found, self._read(value))
            self.guards.append(_Guard(found, ""))
        del self.guards[-len(node.values) :]
        return found

    def visit_IfExp(self, node: ast.IfExp) -> Reads:
        test = self._read(node.test)
        self.guards.append(_Guard(test, ""))
        found = _both(test, self._read(node.body), self._read(node.orelse))
        self.guards.pop()
        return found

    def visit_WatchedName(self, node: WatchedName) -> Reads:
        return _both(self._read(node.test), self._read(node.orelse))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Reads:
        found = self._read(node.value)
        self._bind([node.target.id], found)
        return found

    def visit_Lambda(self, node: ast.Lambda) -> Reads:
        self._defaults(node.args)
        self.waiting.append(node.body)
        return ()

    def visit_ListComp(self, node: ast.ListComp) -> Reads:
        return self._comprehension(node.generators, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> Reads:
        return self._comprehension(node.generators, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Reads:
        return self._comprehension(node.generators, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> Reads:
        return self._comprehension(node.generators, [node.key, node.value])

    def visit_Touched(self, node: Touched) -> Reads:
        number, key = number_of(node), key_of(node)
        found: Reads = ()
        for arg in node.args:
            # The other constant is a key, the lambda a way to find a cell.
            if not isinstance(arg, ast.Constant | ast.Lambda):
                reads = self._read(arg)
                found = _both(found, reads)
                if arg is key:
                    self._chosen(number, reads)
        own = self.happens(number)
        if self.touches[number].form == "storing":
            self.stored(number, found)
        if self.touches[number].name in _IN_PLACE:
            # What it gives is the operand.
            self.stored(number, found)
            return found
        return _both(found, own)

    def visit_Call(self, node: ast.Call) -> Reads:
        object_ = self._read(node.func)
        args = [self._read(one) for one in node.args]
        args += [self._read(one.value) for one in node.keywords]
        for told in _told_of(node):
            number, name = number_of(told), getattr(node.func, "attr", "")
            touch = self.touches[number]
            if name in MUTATING and touch.name == name:
                self.stored(number, _both(*args))
            elif touch.mode is Mode.WRITE:  # setattr, setitem
                self.stored(number, _both(*args[2:]))
        given = _both(object_, *args)
        return _both(given, self.called(node, given))

    def visit_BinOp(self, node: ast.BinOp) -> Reads:
        spine = [node]
        while isinstance(left := spine[-1].left, ast.BinOp):
            spine.append(left)
        found = self._read(spine[-1].left)
        for one in reversed(spine):
            found = _both(found, self._read(one.right))
        return found

    def _comprehension(
        self, generators: list[ast.comprehension], parts: Iterable[ast.expr | None]
    ) -> Reads:
        around, start = self.flows.copy(), len(self.guards)
        found: Reads = ()
        for one in generators:
            read = self._read(one.iter)
            self._store(one.target, read)
            found = _both(found, read)
            for test in one.ifs:
                tested = self._read(test)
                self.guards.append(_Guard(tested, ""))
                found = _both(found, tested)
        found = _both(found, *(self._read(part) for part in parts))
        del self.guards[start:]
        self.flows = around
        return found

    def _defaults(self, args: ast.arguments) -> None:
        for one in (*args.defaults, *args.kw_defaults):
            self._read(one)

    # What is stored

    def _bind(self, names: Iterable[str], reads: Reads) -> None:
        for name in names:
            if reads:
                self.flows[name] = reads
            else:
                self.flows.pop(name, None)

    def _store(self, target: ast.expr, reads: Reads) -> None:
        """A target is given a value that has been gone through."""
        match target:
            case ast.Name():
                self._bind([target.id], reads)
            case ast.Starred():
                self._store(target.value, reads)
            case ast.Tuple() | ast.List():
                for one in target.elts:
                    self._store(one, reads)
            case ast.Attribute() | ast.Subscript():
                self._read(target)
                if isinstance(target.value, Touched):
                    self.stored(number_of(target.value), reads)

    # Statements; each gives how far it leaves, if it never ends at its end

    def visit_Assign(self, node: ast.Assign) -> Leaves:
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=targets) | ast.List(elts=targets)],
                value=ast.Tuple(elts=values) | ast.List(elts=values),
            ) if len(targets) == len(values) and not any(
                isinstance(one, ast.Starred) for one in (*targets, *values)
            ):
                reads = [self._read(one) for one in values]
                for target, read in zip(targets, reads, strict=True):
                    self._store(target, read)
                self.bound = _both(*reads)
            case _:
                self.bound = self._read(node.value)
                for target in node.targets:
                    self._store(target, self.bound)
        return ""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Leaves:
        if node.value is not None:
            self._store(node.target, self._read(node.value))
        return ""

    def visit_AugAssign(self, node: ast.AugAssign) -> Leaves:
        if isinstance(node.target, ast.Name):
            name = node.target.id
            self._bind([name], _both(self.flows.get(name, ()), self._read(node.value)))
            return ""
        self._read(node.target)
        reads = self._read(node.value)
        if isinstance(node.target.value, Touched):
            self.stored(number_of(node.target.value), reads)
        return ""

    def visit_Expr(self, node: ast.Expr) -> Leaves:
        self._read(node.value)
        if isinstance(node.value, Touched):
            self.stored(number_of(node.value), self.bound)
        return ""

    def visit_Delete(self, node: ast.Delete) -> Leaves:
        for target in node.targets:
            self._read(target)
            self._bind(bound_by(target), ())
        return ""

    def visit_Return(self, node: ast.Return) -> Leaves:
        self.returns(self._read(node.value))
        return "function"

    def visit_Raise(self, node: ast.Raise) -> Leaves:
        self._read(node.exc)
        self._read(node.cause)
        return "function"

    def visit_Break(self, _node: ast.Break) -> Leaves:
        return "break"

    def visit_Continue(self, _node: ast.Continue) -> Leaves:
        return "next"

    def visit_Assert(self, node: ast.Assert) -> Leaves:
        reads = self._read(node.test)
        self.guards.append(_Guard(reads, "function"))
        self._read(node.msg)
        return ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Leaves:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Leaves:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Leaves:
        for one in node.decorator_list:
            self._read(one)
        self._defaults(node.args)
        self._bind([node.name], ())
        self.waiting.append(node.body)
        return ""

    def visit_ClassDef(self, node: ast.ClassDef) -> Leaves:
        for one in (*node.decorator_list, *node.bases):
            self._read(one)
        for keyword in node.keywords:
            self._read(keyword.value)
        self._bind([node.name], ())
        self.waiting.append(node.body)
        return ""

    def visit_With(self, node: ast.With) -> Leaves:
        return self._with(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Leaves:
        return self._with(node)

    def _with(self, node: ast.With | ast.AsyncWith) -> Leaves:
        for item in node.items:
            self.bound = self._read(item.context_expr)
            if item.optional_vars is not None:
                self._store(item.optional_vars, self.bound)
        seen = len(self.seen)
        around = self.bears_absence
        self.bears_absence |= any(
            _suppresses(item.context_expr) and _is_absence(item.context_expr) for item in node.items
        )
        leaves = self._block(node.body, self.bound)
        self.bears_absence = around
        if leaves and any(_suppresses(item.context_expr) for item in node.items):
            # As a `try` whose handler does nothing.
            self.guards.append(_Guard(self._since(seen), leaves))
            return ""
        return leaves

    def _since(self, seen: int) -> Reads:
        """What was read since so much had been."""
        return tuple(self.seen[seen:][-2 * REMEMBERED :])

    def _block(self, body: Iterable[ast.stmt], bound: Reads = ()) -> Leaves:
        """Statements in turn; the first tell of what was bound by the one around."""
        leaves: Leaves = ""
        self.bound = bound
        for statement in body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, Touched)):
                self.bound = ()
            # What is behind a `return` is never reached, but may be told of all the same.
            found: Leaves | Reads = self.visit(statement)
            if found and not isinstance(found, tuple):
                leaves = found
        return leaves

    def _branch(self, body: Iterable[ast.stmt], *guards: _Guard, bound: Reads = ()) -> _Branch:
        """Statements that may be passed over; the guards are back as they were."""
        start = len(self.guards)
        self.guards += guards
        inner = len(self.guards)
        leaves = self._block(body, bound)
        added = self.guards[inner:]
        del self.guards[start:]
        return _Branch(leaves, added, self.flows)

    def visit_If(self, node: ast.If) -> Leaves:
        # A loop, since each `elif` is an `if` inside the one before.
        start = len(self.guards)
        tests: list[Reads] = []
        branches: list[_Branch] = []
        inner = node
        while True:
            tests.append(self._read(inner.test))
            guard = _Guard(tests[-1], "")
            after_test = self.flows.copy()
            branches.append(self._branch(inner.body, guard))
            self.flows = after_test
            self.guards.append(guard)
            match inner.orelse:
                case [ast.If() as inner]:
                    continue
                case rest:
                    other = self._branch(rest)
                    break
        del self.guards[start:]
        for read, branch in zip(reversed(tests), reversed(branches), strict=True):
            other = _either(branch, other, read)
        self.guards += other.added
        self.flows = other.flows
        return other.leaves

    def visit_While(self, node: ast.While) -> Leaves:
        guard = _Guard(self._read(node.test), "")
        before, happened = self.flows.copy(), len(self.happened)
        body = self._branch(node.body, guard)
        inside = (self.touches[one] for one in self.happened[happened:])
        only_waits = all(
            touch.mode is Mode.READ and touch.form not in {"method", "item", "holding", "call"}
            for touch in inside
        )
        self.flows = _merged(before, body.flows)
        self._after_loop(node, body, guard)
        if only_waits and guard.reads and not _breaks(node.body):
            # `while o.busy: wait()` leaves to where it began, until it does not.
            self.guards.append(_Guard(guard.reads, "function"))
        return ""

    def visit_For(self, node: ast.For) -> Leaves:
        return self._for(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Leaves:
        return self._for(node)

    def _for(self, node: ast.For | ast.AsyncFor) -> Leaves:
        read = self._read(node.iter)
        before = self.flows.copy()
        self._store(node.target, read)
        body = self._branch(node.body, bound=read)
        self.flows = _merged(before, body.flows)
        self._after_loop(node, body)
        return ""

    def _after_loop(
        self, node: ast.For | ast.AsyncFor | ast.While, body: _Branch, *guards: _Guard
    ) -> None:
        # What is in its `else` is reached if nothing breaks.
        ends = [one for one in body.added if one.far in {"break", "function"}]
        before = self.flows.copy()
        other = self._branch(node.orelse, *guards, *ends)
        self.flows = _merged(before, other.flows)
        self.guards += [one for one in body.added if one.far == "function"]

    def visit_Try(self, node: ast.Try) -> Leaves:
        return self._try(node)

    def visit_TryStar(self, node: ast.TryStar) -> Leaves:
        return self._try(node)

    def _try(self, node: ast.Try | ast.TryStar) -> Leaves:
        before, seen = self.flows.copy(), len(self.seen)
        around = self.bears_absence
        self.bears_absence |= any(
            _is_absence(handler.type) and all(map(_does_nothing, handler.body))
            for handler in node.handlers
        )
        catches = any(_is_absence(handler.type) for handler in node.handlers)
        self.caught += catches
        body = self._branch(node.body)
        self.caught -= catches
        self.bears_absence = around
        tried = self._since(seen)
        after_body = body.flows
        guard = _Guard(tried, "")
        ends: list[_Branch] = []
        for handler in node.handlers:
            self.flows = _merged(before, after_body)
            self._read(handler.type)
            ends.append(self._branch(handler.body, guard))
        self.flows = after_body.copy()
        other = self._branch(node.orelse, *body.added, guard)
        goes_well = _Branch(body.leaves or other.leaves, body.added + other.added, other.flows)
        for one in ends:
            goes_well = _either(one, goes_well, tried)
        self.flows = goes_well.flows
        self.guards += goes_well.added
        last = self._block(node.finalbody)
        return last or goes_well.leaves

    def visit_Match(self, node: ast.Match) -> Leaves:
        read = self._read(node.subject)
        before = self.flows.copy()
        # Unless there is a case for all else.
        found = _Branch("", [], before.copy())
        for case in reversed(node.cases):
            self.flows = before.copy()
            names = (
                name
                for part in ast.walk(case.pattern)
                for name in (getattr(part, "name", None), getattr(part, "rest", None))
                if isinstance(name, str)
            )
            self._bind(names, read)
            tested = _both(read, self._read(case.guard))
            branch = self._branch(case.body, _Guard(tested, ""), bound=read)
            if case is node.cases[-1] and _takes_all(case):
                found = branch
            else:
                found = _either(branch, found, tested)
        self.flows = found.flows
        self.guards += found.added
        return found.leaves


@dataclass
class _Branch:
    """What holds at the end of statements that may be passed over."""

    leaves: Leaves
    added: list[_Guard]
    """What has decided, on the way, that their end is reached."""
    flows: dict[str, Reads]


def _either(one: _Branch, other: _Branch, reads: Reads) -> _Branch:
    """What holds behind two branches, between which a test decides."""
    if one.leaves and other.leaves:
        return _Branch(min(one.leaves, other.leaves, key=_HOW_FAR.index), [], one.flows)
    for gone, stays in ((one, other), (other, one)):
        if gone.leaves:
            decided = _Guard(reads, gone.leaves)
            far = [guard for guard in gone.added if guard.far == "function"]
            return _Branch("", [*far, decided, *stays.added], stays.flows)
    both = [guard for guard in one.added + other.added if guard.far == "function"]
    return _Branch("", both, _merged(one.flows, other.flows))


def _both(*reads: Reads) -> Reads:
    """Of several parts, in order; only the last of them if they are too many."""
    found = [one for one in reads if one]
    if len(found) < 2:
        return found[0] if found else ()
    return tuple(dict.fromkeys(number for one in found for number in one))[-REMEMBERED:]


def _merged(one: dict[str, Reads], other: dict[str, Reads]) -> dict[str, Reads]:
    """What variables may hold behind two branches."""
    if one is other:
        return one
    merged = one.copy()
    for name, reads in other.items():
        merged[name] = _both(merged.get(name, ()), reads)
    return merged


def _expressions(node: ast.AST) -> Iterable[ast.expr]:
    """The parts of an expression, in order, through what is not one itself."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            yield part
        elif isinstance(part, ast.keyword):
            yield part.value


def _told_of(node: ast.Call) -> Iterable[Touched]:
    """What tells of the object that a call uses."""
    last = [*node.args, *node.keywords][-1:]
    inner = [one.value if isinstance(one, ast.Starred | ast.keyword) else one for one in last]
    used = [one for one in inner if isinstance(one, Touched) and is_used(one)]
    if used:
        return used
    parts = (getattr(node.func, "value", None), *node.args[:1])
    return [one for one in parts if isinstance(one, Touched)]


def _breaks(body: Iterable[ast.stmt]) -> bool:
    """Does a loop hold a `break`? One of an inner loop counts, too."""
    return any(isinstance(part, ast.Break) for one in body for part in ast.walk(one))


def _is_absence(errors: ast.expr | None) -> bool:
    """Is that something is not there among the errors that are caught?"""
    return errors is None or any(
        isinstance(part, ast.Name) and part.id in _ABSENCE for part in ast.walk(errors)
    )


def _does_nothing(node: ast.stmt) -> bool:
    is_plain_return = isinstance(node, ast.Return) and node.value is None
    return is_plain_return or isinstance(node, ast.Pass | ast.Continue | ast.Break)


def _stores(touch: Touch) -> bool:
    return touch.mode is Mode.WRITE and touch.name != "__delitem__"


def _suppresses(node: ast.expr) -> bool:
    """Is it a `suppress(…)`, which has been told of?"""
    inner = node.args[0] if isinstance(node, Touched) else node
    function = inner.func if isinstance(inner, ast.Call) else None
    name = getattr(function, "attr", getattr(function, "id", None))
    return name == "suppress"


def _takes_all(case: ast.match_case) -> bool:
    return (
        case.guard is None
        and isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
    )
