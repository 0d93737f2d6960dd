"""Source -> a syntax tree that tells of its accesses, and computes what it did.

*Touch, do not replace.* `o.x` becomes `attribute(o, T).x`: the function tells the
watcher and gives `o` back, and the access itself stays the instruction that it was. So
the order of evaluation, the identity of what `+=` changes in place, the single evaluation
of an index, `super()`, name mangling and the interpreter's specialised instructions are
as before. Helpers that get and set in the program's place are what breaks programs.

| source | becomes |
|---|---|
| `o.x`, `o.x = v`, `del o.x`, `o.x += v` | `attribute(o, T).x` … |
| `getattr(o, 'x')`, `setattr(o, n, v)` … | `getattr(attribute(o, T), 'x')` …, `named(o, n, T)` |
| `object.__setattr__(o, 'x', v)`, `dict.get(o, k)` … | `object.__setattr__(attribute(o, T), …)` … |
| `o[k]`, `o[k] = v`, `o.get(k)` … | `item(o, k, T)[k]` …, if the key is a name or a constant |
| `o[f()]`, `o.get(f())` … | `holding(o, T)[key(f(), T)]` … |
| `k in o`, `f() in o` | `k in member(o, k, T)`, `keyed(f(), T) in among(o, T)` |
| `o[a:b]`, `o[await i]`, `len(o)`, `if o.x:` | `whole(o, T)[a:b]` …, `if whole(o.x, T):` |
| `o.append(v)`, `o.clear()` | `method(o, T).append(v)` … |
| `o.append(f())`, `setattr(o, 'x', f())` | `o.append(used(f(), o, T))` …, if the object is a name |
| `a.b.append(f())` | `receiver(a.b, T).append(last(f(), T))` |
| `heappush(o, v)` … | `heappush(method(o, T), v)` …, as if it were a method of the list |
| `setattr(a.b, 'x', f())` | `setattr(holding(a.b, T), 'x', last(f(), T))` |
| `o += v`, `o.x += v`, `o[k] += v` | `o += used(v, o, T)`, `… += in_attribute(v, o, 'x', T)` … |
| `for x in o`, `*o`, `**o`, `a, b = o`, `sorted(o)` … | `iterate(o, T)` in the place of `o` |
| `match o:` | `match whole(o, T):` …, by what its patterns look at |
| `next(o)` | `next(next(o, T))`, the inner one ours |
| `with o:` | `with here(o, T):` |
| `x` of an enclosing scope | `None if variable(T) else x`, the call being false |
| `x = v`, `x += v` of one | `x = storing(v, T)` … |
| `import m` in a function | the same, and `imported(T)` |
| `def __del__(self):` | the same, and `dying(self, T)` first |

`T` is a constant that stands for a place in the source, a `Touch`: in the tree it is its
number, which `loading` replaces by what the watcher wants there.

Which names are watched, `scopes` says. A variable of a function is told by its cell,
which is that of a function made for it: `variable(T, lambda: x)`. What binds a watched
name in another way (`for x in`, `import x`, `def x`, …) is told of by a statement beside
it. What the body of a module or of its classes does to globals is not told: the import
orders it.

Every new node has the place of the one that it stands around, so tracebacks, debuggers
and coverage see the same lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import decode_source
from typing import NamedTuple

from ungil.races.instrument.compounds import compounds
from ungil.races.instrument.methods import (
    BY_KEY,
    BY_NAME,
    CALLED_WITH,
    CONSUMERS,
    CONTAINERS,
    DIRECTLY,
    IN_PLACE,
    ITERATING,
    KEYED,
    ONLY_IF_ALONE,
    WHOLE,
)
from ungil.races.instrument.nodes import (
    MARK,
    SUSPENDING,
    Place,
    Touched,
    WatchedName,
    bound_by,
    call,
    clears,
    is_container,
    is_fresh,
    is_made_here,
    is_number,
    is_scalar,
    is_super,
    marker,
    mode_of,
    suspends,
    twice,
)
from ungil.races.instrument.scopes import Scopes
from ungil.races.trace import Mode, Site, Touch

__all__ = ["Rewritten", "rewrite"]

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Statements = list[ast.stmt]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A module that tells of its accesses.

    Attributes:
        tree: To be compiled.
        touches: Where it tells, by the numbers that the calls give.
    """

    tree: ast.Module
    touches: tuple[Touch, ...]


def rewrite(source: str | bytes, path: str) -> Rewritten:
    """Let a module tell of its accesses.

    Args:
        source: Of the whole module.
        path: As the sites shall name it.

    Raises:
        SyntaxError: Of the source; as `compile` has it.
        RecursionError: It is nested more deeply than can be followed.
        ValueError: It holds a null byte, or the constant that stands for a touch.
    """
    tree = ast.parse(source, path)
    text = source if isinstance(source, str) else decode_source(source)
    if MARK in text and _holds_marks(tree):
        raise ValueError("the source holds what stands for a touch")
    # Only these end a line; str.splitlines knows more.
    lines = [line.encode() for line in re.split(r"\r\n|\r|\n", text)]
    called = _called_with(tree)
    rewriter = _Rewriter(
        path, lines, Scopes(text, path, tree), _containers(tree, called), called, _unbound(tree)
    )
    module: ast.Module = rewriter.visit(tree)
    touches = rewriter.touches
    for number, after in compounds(module, touches).items():
        touches[number] = touches[number]._replace(after=after)
    return Rewritten(module, tuple(touches))


def _holds_marks(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Tuple)
        and node.elts
        and isinstance(first := node.elts[0], ast.Constant)
        and first.value == MARK
        for node in ast.walk(tree)
    )


def _unbound(tree: ast.AST) -> frozenset[str]:
    """The names from which a module takes their values away somewhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return frozenset(names)


def _called_with(tree: ast.AST) -> dict[str, str]:
    """What a module calls the functions that do what a method of their argument does."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                for name, method in CALLED_WITH.get(alias.name, {}).items():
                    found[f"{alias.asname or alias.name}.{name}"] = method
        elif isinstance(node, ast.ImportFrom):
            functions = CALLED_WITH.get(node.module or "", {})
            for alias in node.names:
                if alias.name in functions:
                    found[alias.asname or alias.name] = functions[alias.name]
    return found


def _alternatives(pattern: ast.pattern) -> Iterator[ast.pattern]:
    """What a pattern compares its whole subject with, by each of its alternatives."""
    if isinstance(pattern, ast.MatchOr):
        for one in pattern.patterns:
            yield from _alternatives(one)
    elif isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        yield from _alternatives(pattern.pattern)
    else:
        yield pattern


def _called(function: ast.expr) -> str:
    """What is called, where that is a name or one of a module."""
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return f"{module}.{name}"
    return ""


def _containers(tree: ast.AST, called_with: Collection[str]) -> frozenset[str]:
    """The names that have items, or are changed by what a container has.

    Of other names, a test of their truth is told in vain, and there are many.
    """
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name)):
                names.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                method in KEYED or method in WHOLE
            ):
                names.add(name)
            case ast.Call(func=function, args=[ast.Name(id=name), *_]) if called_with:
                if _called(function) in called_with:
                    names.add(name)
    return frozenset(names)


def _given(args: ast.arguments | None) -> Iterator[str]:
    """The names of a function's parameters."""
    if args is not None:
        for one in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            if one is not None:
                yield one.arg


class _InPlace(NamedTuple):
    """What tells of a container that an operator changes: a call, and what it is given."""

    form: str
    where: list[ast.expr]
    touch: ast.Constant


@dataclass
class _Rewriter(ast.NodeTransformer):
    """Goes through a module; the methods' names are those that `ast` looks for."""

    path: str
    lines: list[bytes]
    scopes: Scopes
    containers: frozenset[str]
    """Names that are used as a container's would be."""
    called_with: dict[str, str]
    """Functions that do what a method of their first argument does, as they are called here."""
    unbound: frozenset[str]
    """Names from which the module takes their values away somewhere."""
    touches: list[Touch] = field(default_factory=list)
    class_name: str = ""
    """Of the class around, for the mangling of names."""
    function: str = ""
    """The qualified name of the function around."""
    prefix: str = ""
    """Of the qualified names of what is defined here."""
    in_class: bool = False
    """Directly: its names may be those of a namespace that the program made."""
    bound: frozenset[str] = frozenset()
    """Names that surely have a value here."""

    # Attributes and items

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._attribute(node, mode_of(node.ctx), isinstance(node.ctx, ast.Del))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return self._subscript(node, mode_of(node.ctx), isinstance(node.ctx, ast.Del))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        plain, in_place = node.value, self._in_place(node)
        if isinstance(node.target, ast.Attribute):
            self._attribute(node.target, Mode.UPDATE)
        elif isinstance(node.target, ast.Subscript):
            self._subscript(node.target, Mode.UPDATE)
        node.value = self.visit(node.value)
        if in_place is not None:
            node.value = call(in_place.form, plain, node.value, *in_place.where, in_place.touch)
            object_ = getattr(node.target, "value", None)  # told of by now
            if len(in_place.where) == 1 and isinstance(object_, Touched):
                object_.args[0] = call("holding", plain, object_.args[0], in_place.touch)
        if isinstance(node.target, ast.Name):
            node.value = self._storing(node.value, node.target, Mode.UPDATE)
        return node

    def _in_place(self, node: ast.AugAssign) -> _InPlace | None:
        """What tells, with the operand, that a container may be changed; None if none is.

        What is changed is what the target holds by then. A name or a key that is evaluated
        once more has just been, and nobody takes its value away.
        """
        target, operand, name = node.target, node.value, IN_PLACE.get(type(node.op))
        if name is None or self.in_class:
            return None
        if isinstance(target, ast.Name):
            # Of most names, it would be told in vain.
            likely = is_container(operand) or target.id in self.containers
            if not likely or target.id in self.unbound or is_scalar(operand):
                return None
            again: list[ast.expr] = [ast.Name(target.id, ast.Load())]
            return _InPlace("used", again, self._touch("method", target, Mode.READ, name))
        is_sure = self._is_sure(target.value)
        if is_scalar(operand) or not (is_sure or self._can_be_held(target.value, operand)):
            return None
        where = [twice(target.value)] if is_sure else []
        at: ast.expr
        form = "in_attribute"
        if isinstance(target, ast.Attribute):
            at = ast.Constant(self._mangled(target.attr))
        elif self._is_sure(target.slice):
            form, at = "in_item", twice(target.slice)
        else:
            return None
        return _InPlace(form, [*where, at], self._touch("method", target, Mode.READ, name))

    def _can_be_held(self, object_: ast.expr, operand: ast.expr) -> bool:
        """May an object be kept until the operand is there?"""
        return not (suspends(operand) or is_made_here(object_) or is_super(object_))

    def _is_sure(self, node: ast.expr) -> bool:
        """May it be evaluated twice, and give the same both times?"""
        return self._is_simple(node) and (not isinstance(node, ast.Name) or node.id in self.bound)

    def _attribute(self, node: ast.Attribute, mode: Mode, clearing: bool = False) -> ast.expr:
        of_interest = not (
            is_super(node.value) or is_made_here(node.value) or node.attr == "__class__"
        )
        touch = (
            self._touch("attribute", node, mode, self._mangled(node.attr), clearing)
            if of_interest
            else None
        )
        node.value = self.visit(node.value)
        if touch is not None:
            node.value = call("attribute", node, node.value, touch)
        return node

    def _subscript(self, node: ast.Subscript, mode: Mode, clearing: bool = False) -> ast.expr:
        if is_made_here(node.value):
            node.value, node.slice = self.visit(node.value), self.visit(node.slice)
            return node
        key = node.slice
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        # A slice is no value, and neither is what may come in another thread.
        is_value = not any(isinstance(one, ast.Slice | ast.Starred) for one in parts)
        name = "__delitem__" if isinstance(node.ctx, ast.Del) else ""
        if self._is_simple(key):
            touch = self._touch("item", node, mode, name, clearing)
            node.value = call("item", node, self.visit(node.value), twice(key), touch)
        elif is_value and not suspends(key):
            touch = self._touch("holding", node, mode, name, clearing)
            node.value = call("holding", node, self.visit(node.value), touch)
            node.slice = call("key", node, self.visit(key), touch)
        else:
            touch = self._touch("whole", node, mode, "", clearing)
            node.value = call("whole", node, self.visit(node.value), touch)
            node.slice = self.visit(key)
        return node

    def _is_simple(self, key: ast.expr) -> bool:
        """May it be evaluated twice?"""
        if isinstance(key, ast.Name):
            return not self.in_class and self._kind(key.id) is None
        return isinstance(key, ast.Constant) or is_number(key)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        plain = [node.left, *node.comparators]
        told = [self.visit(one) for one in plain]
        for index, operator in enumerate(node.ops):
            key, container = plain[index], plain[index + 1]
            if not isinstance(operator, ast.In | ast.NotIn) or is_fresh(container):
                continue
            if self._is_simple(key):
                touch = self._touch("member", node)
                told[index + 1] = call("member", container, told[index + 1], twice(key), touch)
            elif suspends(container):
                touch = self._touch("whole", node)
                told[index + 1] = call("whole", container, told[index + 1], touch)
            else:
                touch = self._touch("keyed", node)
                told[index] = call("keyed", key, told[index], touch)
                told[index + 1] = call("among", container, told[index + 1], touch)
        node.left, *node.comparators = told
        return node

    # Calls

    def visit_Call(self, node: ast.Call) -> ast.expr:
        plain = list(node.args)
        if isinstance(node.func, ast.Attribute):
            self._method(node, node.func, plain)
        else:
            self.generic_visit(node)
            # A name that means something else here is told of in vain.
            if isinstance(name := node.func, ast.Name):
                self._builtin(node, name.id, plain)
        return node

    def _method(self, node: ast.Call, function: ast.Attribute, plain: Sequence[ast.expr]) -> None:
        """Tell of a method's object, of its key, and of what it goes through."""
        name, object_ = function.attr, function.value
        if self._of_a_type(node, function, plain):
            return
        key = plain[0] if plain and name in KEYED else None
        keys: list[ast.expr] = []
        form = ""
        if not (name in KEYED or name in WHOLE) or is_super(object_) or is_made_here(object_):
            node.func = self.visit(function)
        elif key is None or isinstance(key, ast.Starred) or suspends(key):
            form = "method"
        elif self._is_simple(key) and (not isinstance(key, ast.Name) or key.id in self.bound):
            # Of another name, that it has no value must show after the method is looked up.
            form, keys = "item", [twice(key)]
        else:
            form = "holding"
        if form:
            touch = self._touch(form, node, Mode.READ, name)
            function.value = self.visit(object_)
        node.args = [self.visit(one) for one in node.args]
        node.keywords = [self.visit(one) for one in node.keywords]
        self._iterated_by_method(node, name, plain)
        if form:
            first = 0 if form == "method" else 1
            object_ = function.value
            function.value = self._used(node, object_, form, touch, keys, first, "receiver")
        elif name in BY_KEY and isinstance(object_, ast.Name) and object_.id == "operator":
            self._by_key(node, *BY_KEY[name], plain)
        elif isinstance(object_, ast.Name):
            self._with_first(node, f"{object_.id}.{name}", plain)

    def _of_a_type(
        self, node: ast.Call, function: ast.Attribute, plain: Sequence[ast.expr]
    ) -> bool:
        """Tell of the object that a built-in type's own method is given, if it is one."""
        name, kind = function.attr, function.value
        of = kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")
        if not plain or isinstance(plain[0], ast.Starred) or is_made_here(plain[0]):
            return False
        if of == "object" and name in DIRECTLY:
            self.generic_visit(node)
            self._by_name(node, DIRECTLY[name], plain, direct=True)
        elif of in CONTAINERS and name in KEYED:
            self.generic_visit(node)
            self._by_key(node, Mode.READ, name, plain, direct=True)
        elif of in CONTAINERS and name in WHOLE:
            self.generic_visit(node)
            if name in ITERATING:
                self._iterated_args(node, plain, 1, None, name)
            touch = self._touch(
                "method", node, Mode.READ, name, False, f"{self._written(plain[0])}.{name}()", True
            )
            node.args[0] = self._used(node, node.args[0], "method", touch, [], 1)
        else:
            return False
        return True

    def _used(
        self,
        node: ast.Call,
        object_: ast.expr,
        form: str,
        touch: ast.Constant,
        keys: Sequence[ast.expr],
        first: int,
        keeps: str = "holding",
    ) -> ast.expr:
        """The object that a call uses, told of when the call has all that it needs.

        Args:
            node: The call; its arguments have been visited.
            object_: The object, which has been, too.
            form: How it is told of.
            touch: By what.
            keys: What it is used at, to be evaluated once more.
            first: The first argument behind the object and its key.
            keeps: What keeps the object if other arguments may use it before.
        """
        others: list[ast.expr | ast.keyword] = [*node.args[first:], *node.keywords]
        parts = [part for one in others for part in ast.walk(one)]
        is_late = any(isinstance(part, ast.Call) for part in parts) and not any(
            isinstance(part, SUSPENDING) for part in parts
        )
        if form == "holding":
            key = node.args[first - 1]
            node.args[first - 1] = call("holding" if is_late else "key", key, key, touch)
        if is_late:
            is_name = form != "holding" and isinstance(object_, ast.Name)
            again = [twice(object_)] if is_name and self._is_simple(object_) else []
            last, by = others[-1], "used" if again else "last"
            if isinstance(last, ast.Starred | ast.keyword):
                last.value = call(by, last.value, last.value, *again, *keys, touch)
            else:
                node.args[-1] = call(by, last, last, *again, *keys, touch)
            if again:
                return object_
        if is_late or form == "holding":
            return call(keeps, object_, object_, touch)
        return call(form, object_, object_, *keys, touch)

    def _iterated_by_method(self, node: ast.Call, name: str, plain: Sequence[ast.expr]) -> None:
        """Tell of the arguments that a method goes through."""
        if name in CONSUMERS:  # functools.reduce, itertools.islice, …
            self._iterated_args(node, plain, *CONSUMERS[name], name)
        elif name in ITERATING or (name == "join" and len(plain) == 1 and not node.keywords):
            self._iterated_args(node, plain, 0, None, name)

    def _builtin(self, node: ast.Call, name: str, plain: Sequence[ast.expr]) -> None:
        """Tell of what a function of the builtins uses; its arguments are visited."""
        if not plain or isinstance(plain[0], ast.Starred):
            return
        if name in self.called_with:
            self._with_first(node, name, plain)
        elif name in BY_NAME:
            self._by_name(node, BY_NAME[name], plain)
        elif name in BY_KEY:
            self._by_key(node, *BY_KEY[name], plain)
        elif name in CONSUMERS:
            self._iterated_args(node, plain, *CONSUMERS[name], name)
        elif name in ONLY_IF_ALONE and len(plain) == 1:
            self._iterated_args(node, plain, 0, 1, name)
        elif is_made_here(plain[0]):
            pass
        elif name == "next":
            node.args[0] = call("next", node, node.args[0], self._touch("next", node, Mode.UPDATE))
        elif name == "len" or (name == "bool" and self._is_place(plain[0])):
            node.args[0] = call("whole", node, node.args[0], self._touch("whole", node))

    def _by_name(
        self, node: ast.Call, mode: Mode, plain: Sequence[ast.expr], *, direct: bool = False
    ) -> None:
        """Tell of an attribute that is given by its name."""
        if len(plain) < 2 or node.keywords or is_super(plain[0]) or is_made_here(plain[0]):
            return
        name = plain[1]
        clearing = mode is Mode.WRITE and (len(plain) < 3 or clears(plain[2]))
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            # As if it were not done past the class.
            text = f"{self._written(plain[0])}.{name.value}" if direct else None
            touch = self._touch("attribute", node, mode, name.value, clearing, text, direct)
            node.args[0] = self._used(node, node.args[0], "attribute", touch, [], 2)
        elif isinstance(name, ast.Name) and self._is_simple(name):
            touch = self._touch("named", node, mode, "", clearing, None, direct)
            node.args[0] = self._used(node, node.args[0], "named", touch, [twice(name)], 2)

    def _by_key(
        self,
        node: ast.Call,
        mode: Mode,
        method: str,
        plain: Sequence[ast.expr],
        *,
        direct: bool = False,
    ) -> None:
        """Tell of an item that a function is given the key of."""
        if len(plain) < 2 or node.keywords or is_made_here(plain[0]):
            return
        if any(isinstance(one, ast.Starred) for one in plain[:2]) or suspends(plain[1]):
            return
        clearing = mode is Mode.WRITE and (len(plain) < 3 or clears(plain[2]))
        is_simple = self._is_simple(plain[1])
        form, keys = ("item", [twice(plain[1])]) if is_simple else ("holding", [])
        text = f"{self._written(plain[0])}[{self._written(plain[1])}]" if direct else None
        touch = self._touch(form, node, mode, method, clearing, text, direct)
        node.args[0] = self._used(node, node.args[0], form, touch, keys, 2)

    def _with_first(self, node: ast.Call, name: str, plain: Sequence[ast.expr]) -> None:
        """Tell of what a function does to its first argument, as a method of it would."""
        method = self.called_with.get(name)
        if method is None or not plain or isinstance(plain[0], ast.Starred):
            return
        if not is_made_here(plain[0]):
            text = self._written(plain[0])  # what it is called, as it would be of a method
            touch = self._touch("method", node, Mode.READ, method, text=text)
            node.args[0] = self._used(node, node.args[0], "method", touch, [], 1)

    # What is gone through

    def _iterated_args(
        self, node: ast.Call, plain: Sequence[ast.expr], first: int, behind: int | None, name: str
    ) -> None:
        for index in range(first, len(plain) if behind is None else min(behind, len(plain))):
            if isinstance(plain[index], ast.Starred):
                return  # which one it is shows only when it runs
            node.args[index] = self._iterate(plain[index], node.args[index], name)

    def _iterate(self, plain: ast.expr, told: ast.expr, by: str = "") -> ast.expr:
        """An iterable, told of; it has been visited.

        Args:
            plain: As it was.
            told: As it is now.
            by: The name of the function that goes through it, or what the language writes for
                it; empty where the language takes its items only.
        """
        if is_fresh(plain):
            return told
        touch = self._touch("iterate", plain, Mode.READ, by)
        return call("iterate", plain, told, touch)

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        told = self.visit(node.value)
        loads = isinstance(node.ctx, ast.Load)
        node.value = self._iterate(node.value, told) if loads else told
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        told = self.visit(node.value)
        node.value = self._iterate(node.value, told, "**") if node.arg is None else told
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if key is None:
                node.values[index] = self._iterate(value, self.visit(value), "**")
            else:
                node.keys[index], node.values[index] = self.visit(key), self.visit(value)
        return node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.expr:
        node.value = self._iterate(node.value, self.visit(node.value), "yield from")
        return node

    # What is tested

    def _test(self, node: ast.expr) -> ast.expr:
        """An expression of whose value only the truth counts, or that too."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._test(one) for one in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._test(node.operand)
            return node
        place = node.value if isinstance(node, ast.NamedExpr) else node
        if self._is_place(place):
            touch = self._touch("whole", place)
            return call("whole", node, self.visit(node), touch)
        told: ast.expr = self.visit(node)
        return told

    def _is_place(self, node: ast.expr) -> bool:
        """May it hold a container that others have, too?"""
        if isinstance(node, ast.Name):
            return node.id in self.containers or self._kind(node.id) is not None
        if isinstance(node, ast.Subscript):
            return not isinstance(node.slice, ast.Slice)
        return isinstance(node, ast.Attribute)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        *tested, last = node.values
        node.values = [*(self._test(one) for one in tested), self.visit(last)]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            return self._test(node)
        node.operand = self.visit(node.operand)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test = self._test(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_If(self, node: ast.If) -> ast.stmt:
        # A loop, since each `elif` is an `if` inside the one before.
        inner = node
        while True:
            inner.test, inner.body = self._test(inner.test), self._statements(inner.body)
            match inner.orelse:
                case [ast.If() as inner]:
                    continue
                case rest:
                    inner.orelse = self._statements(rest)
                    return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        # A loop, since generated sources add up hundreds.
        spine = [node]
        while isinstance(left := spine[-1].left, ast.BinOp):
            spine.append(left)
        spine[-1].left = self.visit(spine[-1].left)
        for one in reversed(spine):
            one.right = self.visit(one.right)
        return node

    def visit_While(self, node: ast.While) -> ast.stmt:
        node.test = self._test(node.test)
        node.body, node.orelse = self._statements(node.body), self._statements(node.orelse)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        node.test = self._test(node.test)
        node.msg = self.visit(node.msg) if node.msg is not None else None
        return node

    # Names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        told = self._shared("variable", node.id, node, Mode.READ)
        if told is None:
            return node
        nothing = ast.copy_location(ast.Constant(None), node)
        return ast.copy_location(WatchedName(call("variable", node, *told), nothing, node), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        value = self.visit(node.value)
        node.value = self._storing(value, node.target, Mode.WRITE, clears(value))
        return node

    def visit_Assign(self, node: ast.Assign) -> Statements:
        plain, value = node.value, self.visit(node.value)
        others: list[str] = []
        node.value = value
        if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            node.value = self._iterate(plain, value)
        for index, target in enumerate(node.targets):
            if isinstance(target, ast.Name):
                node.value = self._storing(node.value, target, Mode.WRITE, clears(value))
            else:
                node.targets[index] = self._target(target, value)
                others += bound_by(target)
        self._binds(node.targets)
        return [node, *self._told(node, others)]

    def _binds(self, targets: Iterable[ast.expr]) -> None:
        """From here to the end of the statements around, these names have a value."""
        names = {name for target in targets for name in bound_by(target)}
        self.bound |= names - self.unbound

    def _target(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """A target that is given a value, which has been visited."""
        if isinstance(target, ast.Attribute):
            return self._attribute(target, Mode.WRITE, clears(value))
        if isinstance(target, ast.Subscript):
            return self._subscript(target, Mode.WRITE, clears(value))
        sequence = ast.Tuple | ast.List
        if isinstance(target, sequence) and isinstance(value, sequence):
            both = (*target.elts, *value.elts)
            if len(target.elts) == len(value.elts) and not any(
                isinstance(one, ast.Starred) for one in both
            ):
                pairs = zip(target.elts, value.elts, strict=True)
                target.elts = [self._target(*pair) for pair in pairs]
                return target
        told: ast.expr = self.visit(target)
        return told

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        # An annotation may be a text, or never be evaluated, and is no access that matters.
        # Without a value nothing is stored.
        if node.value is not None:
            value = node.value = self.visit(node.value)
            if isinstance(node.target, ast.Name):
                node.value = self._storing(value, node.target, Mode.WRITE, clears(value))
            elif isinstance(node.target, ast.Attribute):
                self._attribute(node.target, Mode.WRITE, clears(value))
            else:
                self._subscript(node.target, Mode.WRITE, clears(value))
        return node

    def visit_Delete(self, node: ast.Delete) -> Statements:
        names = [name for target in node.targets for name in bound_by(target)]
        self.generic_visit(node)
        return [*self._told(node, names, clearing=True), node]

    def visit_Import(self, node: ast.Import) -> Statements:
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return self._imported(node, node.names[0].name, names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Statements:
        # Of `__future__`, too: nothing may come between two of them, and nothing does.
        module = "." * node.level + (node.module or "")
        return self._imported(node, module, [one.asname or one.name for one in node.names])

    def _imported(
        self, node: ast.Import | ast.ImportFrom, module: str, names: Sequence[str]
    ) -> Statements:
        if not self.function:
            return [node]
        told = call("imported", node, self._touch("imported", node, Mode.READ, module))
        told_of = ast.copy_location(ast.Expr(told), node)
        return [node, told_of, *self._told(node, names)]

    def visit_For(self, node: ast.For) -> Statements:
        plain = node.iter
        told = self._binding(node, [node.target])
        node.iter = self._iterate(plain, node.iter)
        return told

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Statements:
        return self._binding(node, [node.target])

    def visit_With(self, node: ast.With) -> Statements:
        return self._binding(node, [item.optional_vars for item in node.items])

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Statements:
        return self._binding(node, [item.optional_vars for item in node.items])

    def visit_withitem(self, node: ast.withitem) -> ast.withitem:
        plain = node.context_expr
        self.generic_visit(node)
        node.context_expr = call("here", plain, node.context_expr, self._touch("here", plain))
        return node

    def _binding(
        self,
        node: ast.For | ast.AsyncFor | ast.With | ast.AsyncWith,
        targets: Sequence[ast.expr | None],
    ) -> Statements:
        """A statement that binds names before its body."""
        told_of = [target for target in targets if target is not None]
        names = [name for target in told_of for name in bound_by(target)]
        if isinstance(node, ast.For | ast.AsyncFor):
            node.iter, node.target = self.visit(node.iter), self.visit(node.target)
        else:
            node.items = [self.visit(item) for item in node.items]
        around = self.bound
        self._binds(told_of)
        node.body = [*self._told(node, names), *self._statements(node.body)]
        self.bound = around
        if isinstance(node, ast.For | ast.AsyncFor):
            node.orelse = self._statements(node.orelse)
        return [node]

    def visit_Try(self, node: ast.Try) -> ast.stmt:
        return self._try(node)

    def visit_TryStar(self, node: ast.TryStar) -> ast.stmt:
        return self._try(node)

    def _try(self, node: ast.Try | ast.TryStar) -> ast.stmt:
        node.body = self._statements(node.body)
        node.handlers = [self.visit(handler) for handler in node.handlers]
        node.orelse = self._statements(node.orelse)
        node.finalbody = self._statements(node.finalbody)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        node.type = self.visit(node.type) if node.type is not None else None
        told = self._told(node, [node.name] if node.name else [])
        node.body = [*told, *self._statements(node.body)]
        return node

    def visit_Match(self, node: ast.Match) -> ast.Match:
        told: ast.expr = self.visit(node.subject)
        for pattern in (one for case in node.cases for one in _alternatives(case.pattern)):
            told = self._matched(node.subject, told, pattern)
        node.subject = told
        node.cases = [self.visit(case) for case in node.cases]
        return node

    def _matched(self, plain: ast.expr, told: ast.expr, pattern: ast.pattern) -> ast.expr:
        """A subject, told of as what a pattern looks at; it has been visited."""
        if is_made_here(plain):
            return told
        if isinstance(pattern, ast.MatchSequence):
            return call("whole", plain, told, self._touch("whole", plain))
        if isinstance(pattern, ast.MatchMapping):
            for key in pattern.keys:
                if isinstance(key, ast.Constant):
                    # At the key, so that those of one pattern are told apart.
                    told = call("item", plain, told, twice(key), self._touch("item", key))
        if isinstance(pattern, ast.MatchClass):
            for name in pattern.kwd_attrs:
                touch = self._touch("attribute", plain, Mode.READ, self._mangled(name))
                told = call("attribute", plain, told, touch)
        return told

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        # A pattern holds only names and literals, by its grammar (PEP 634).
        names = [
            name
            for part in ast.walk(node.pattern)
            for name in (getattr(part, "name", None), getattr(part, "rest", None))
            if isinstance(name, str)
        ]
        node.guard = self._test(node.guard) if node.guard is not None else None
        node.body = [*self._told(node.body[0], names), *self._statements(node.body)]
        return node

    def _storing(
        self, value: ast.expr, name: ast.Name, mode: Mode, clearing: bool = False
    ) -> ast.expr:
        """A value, behind which it is told that a name is bound to it."""
        told = self._shared("storing", name.id, name, mode, clearing)
        return value if told is None else call("storing", name, value, *told)

    def _told(
        self, place: ast.stmt | ast.ExceptHandler, names: Iterable[str], clearing: bool = False
    ) -> list[ast.stmt]:
        """Statements that tell of what a statement binds."""
        told = [self._shared("variable", name, place, Mode.WRITE, clearing) for name in names]
        calls = [call("variable", place, *one) for one in told if one is not None]
        return [ast.copy_location(ast.Expr(one), place) for one in calls]

    def _kind(self, name: str) -> str | None:
        """How a name is watched, if it is."""
        return self.scopes.kind(name) if self.function else None

    def _shared(
        self, form: str, name: str, place: Place, mode: Mode, clearing: bool = False
    ) -> list[ast.expr] | None:
        """What is told of a name: where, and its cell; None if it is not watched."""
        kind = self._kind(name)
        if kind is None:
            return None
        told: list[ast.expr] = [self._touch(form, place, mode, self._mangled(name), clearing, name)]
        if kind == "cell":
            no_args = ast.arguments([], [], None, [], [], None, [])
            used = ast.copy_location(ast.Name(name, ast.Load()), place)
            told.append(ast.Lambda(no_args, used))
        return told

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Statements:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Statements:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statements:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args = self.visit(node.args)
        with self._inside(node, node.name):
            dying = self._dying(node)
            node.body = self._statements(node.body)
            at = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body[at:at] = dying
        return [node, *self._told(node, [node.name])]

    def _dying(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statements:
        """The statement at the start of a finalizer."""
        args = [*node.args.posonlyargs, *node.args.args]
        if node.name != "__del__" or not args:
            return []
        owner = ast.copy_location(ast.Name(args[0].arg, ast.Load()), node)
        told = call("dying", node, owner, self._touch("dying", node))
        return [ast.copy_location(ast.Expr(told), node)]

    def visit_ClassDef(self, node: ast.ClassDef) -> Statements:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        node.keywords = [self.visit(one) for one in node.keywords]
        around, self.class_name = self.class_name, node.name
        with self._inside(node, node.name):
            node.body = self._statements(node.body)
        self.class_name = around
        return [node, *self._told(node, [node.name])]

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        node.args = self.visit(node.args)
        with self._inside(node, "<lambda>"):
            node.body = self.visit(node.body)
        return node

    @contextmanager
    def _inside(self, node: ast.AST, name: str) -> Iterator[None]:
        """The scope of a function or a class."""
        around = self.function, self.prefix, self.in_class, self.bound
        self.in_class = isinstance(node, ast.ClassDef)
        self.bound = frozenset(_given(getattr(node, "args", None))) - self.unbound
        own = self.prefix + name
        if self.in_class:
            self.prefix = f"{own}."
        else:
            self.function, self.prefix = own, f"{own}.<locals>."
        self.scopes.enter(node)
        yield
        self.scopes.leave()
        self.function, self.prefix, self.in_class, self.bound = around

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(node)

    def _comprehension(self, node: Comprehension) -> ast.expr:
        # Its first iterable is evaluated outside (language reference, 6.2.4).
        first = node.generators[0]
        outermost = self._generator(first)
        around = self.in_class, self.bound
        self.in_class = False
        self.scopes.enter(node)
        first.iter = ast.Constant(None)
        # In the order in which it runs, so that its own names have a value in its parts.
        node.generators = [self.visit(one) for one in node.generators]
        first.iter = outermost
        for part in ("key", "value", "elt"):
            if (inner := getattr(node, part, None)) is not None:
                setattr(node, part, self.visit(inner))
        self.scopes.leave()
        self.in_class, self.bound = around
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.target = self.visit(node.target)
        node.iter = self._generator(node)
        self._binds([node.target])
        node.ifs = [self._test(one) for one in node.ifs]
        return node

    def _generator(self, node: ast.comprehension) -> ast.expr:
        told: ast.expr = self.visit(node.iter)
        return told if node.is_async else self._iterate(node.iter, told)

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        around = self.bound
        for statement in body:
            new = self.visit(statement)
            found += new if isinstance(new, list) else [new]
        self.bound = around
        return found

    # What must stay as it is

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # its annotation, see above

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node  # an annotation by another name (PEP 695)

    def _mangled(self, name: str) -> str:
        """As the compiler will have it (language reference, 6.2.1)."""
        around = self.class_name.lstrip("_")
        private = name.startswith("__") and not name.endswith("__")
        return f"_{around}{name}" if private and around else name

    def _touch(
        self,
        form: str,
        place: Place,
        mode: Mode = Mode.READ,
        name: str = "",
        clearing: bool = False,
        text: str | None = None,
        direct: bool = False,
    ) -> ast.Constant:
        """A place in the source, and the constant that stands for it."""
        site = Site(self.path, place.lineno, text or self._written(place))
        function = self.function
        self.touches.append(Touch(site, form, mode, name, function, clears=clearing, direct=direct))
        return marker(len(self.touches) - 1)

    def _written(self, node: Place) -> str:
        # ast.unparse would write the whole of `a.b.c` anew for each of its parts.
        line = self.lines[node.lineno - 1]
        ends_here = node.end_lineno == node.lineno
        text = line[node.col_offset : node.end_col_offset if ends_here else None].decode()
        return text if ends_here else f"{text} …"
