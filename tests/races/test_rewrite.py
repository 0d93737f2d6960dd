"""What is instrumented computes what it did, and tells of its accesses."""

import ast
import builtins
import contextlib
import operator
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import traceback
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touching import instrumented

from ungil.races.instrument import rewrite
from ungil.races.trace import Mode

STDLIB = Path(sysconfig.get_path("stdlib"))


def told_by(source, **names):
    """The touches that a program made, in order, and what they were told of."""
    code, own, watcher = instrumented(textwrap.dedent(source))
    exec(code, {"__builtins__": own, **names})
    return watcher.told


READ, WRITE, UPDATE = Mode.READ, Mode.WRITE, Mode.UPDATE


class Thing:
    pass


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("o.x", "attribute READ x"),
        ("o.y = 1", "attribute WRITE y"),
        ("o.y = None", "attribute WRITE y clears"),
        ("o.y: int = []", "attribute WRITE y clears"),
        ("o.y: int", ""),
        (
            "o.x += [1]",
            "holding READ __iadd__ <o>, attribute UPDATE x, in_attribute READ __iadd__ <x>",
        ),
        (
            "def g(s): s.x += [1]\ng(o)",
            "attribute UPDATE x, in_attribute READ __iadd__ <[1]>",
        ),
        ("l += [3]", "used READ __iadd__ <l>"),
        ("a += 1", ""),
        ("a -= b", ""),
        ("k = 'z'; t = {k: [1]}; t[k] += [2]", "item UPDATE <z>, in_item READ __iadd__ <[2]>"),
        ("del o.x", "attribute WRITE x clears"),
        ("o.y, o.z = 1, 0", "attribute WRITE y, attribute WRITE z clears"),
        ("o.__class__", ""),
        ("getattr(o, 'x')", "attribute READ x"),
        ("getattr(o, n, 3)", "named READ <x>"),
        ("hasattr(o, 'x')", "attribute READ x"),
        ("setattr(o, 'y', 1)", "attribute WRITE y"),
        ("setattr(o, n, None)", "named WRITE <x> clears"),
        ("delattr(o, 'x')", "attribute WRITE x clears"),
        ("setattr(o, 'y', f(1))", "used WRITE y <o>"),
        ("getattr(o, n, f(3))", "used READ <3>"),
        ("getattr(o.x, 'y', f(3))", "attribute READ x, holding READ y <o.x>, last READ y <3>"),
        ("getattr(o, f('x'))", ""),
        ("getattr(*[o, 'x'])", ""),
        ("d['k']", "item READ <k>"),
        ("d[k]", "item READ <k>"),
        ("d[-1] = 1", "item WRITE <-1>"),
        ("d[f('k')]", "holding READ <d>, key READ <k>"),
        ("d['k'] = 1", "item WRITE <k>"),
        ("d['k'] += 1", "item UPDATE <k>"),
        ("del d['k']", "item WRITE __delitem__ <k> clears"),
        ("l[0:1]", "whole READ <l>"),
        ("l[0:1] = []", "whole WRITE <l> clears"),
        ("l[(0, 1)[1]]", "holding READ <l>, key READ <1>"),
        ("[1, 2][0]", ""),
        ("d.get('k')", "item READ get <k>"),
        ("d.pop(k, 1)", "receiver READ pop <d>, key READ pop <k>"),
        ("k = 'k'\nd.pop(k)", "item READ pop <k>"),
        ("for k in 'k': d.pop(k)", "item READ pop <k>"),
        ("for k in 'k': pass\nd.pop(k)", "receiver READ pop <d>, key READ pop <k>"),
        ("[d.pop(j) for j in 'k']", "item READ pop <k>"),
        ("(lambda j, *, l: d.pop(j))('k', l=1)", "item READ pop <k>"),
        ("def g(j=(lambda k: k)):\n d.pop(k)\ng()", "receiver READ pop <d>, key READ pop <k>"),
        ("try: w = 'k'\nfinally: d.pop(w)", "receiver READ pop <d>, key READ pop <k>"),
        ("w = 'k'\nd.pop(w)\ndel w", "receiver READ pop <d>, key READ pop <k>"),
        ("d.get(f(k), 2)", "receiver READ get <d>, key READ get <k>"),
        (
            "d.get(f(k), f(2))",
            "receiver READ get <d>, holding READ get <k>, last READ get <2>",
        ),
        ("d.setdefault('k', f())", "used READ setdefault <3>"),
        (
            "d.update(**f({}))",
            "iterate READ ** <{}>, used READ update <d>",
        ),
        ("async def g(): d.get('k', await o.x)", ""),
        ("operator.getitem(d, 'k')", "attribute READ getitem, item READ __getitem__ <k>"),
        (
            "operator.setitem(d, f('k'), f(1))",
            (
                "attribute READ setitem, holding WRITE __setitem__ <d>, "
                "holding WRITE __setitem__ <k>, last WRITE __setitem__ <1>"
            ),
        ),
        ("operator.delitem(d, k)", "attribute READ delitem, item WRITE __delitem__ <k> clears"),
        ("operator.getitem(*[d, 'k'])", "attribute READ getitem"),
        ("l.pop()", "method READ pop <l>"),
        ("d.get(*['k'])", "method READ get <d>"),
        ("l.append(2 + 1)", "method READ append <l>"),
        (
            "l.append(o.x)",
            "attribute READ x, used READ append <l>",
        ),
        (
            "l.extend(l)",
            "iterate READ extend <l>, used READ extend <l>",
        ),
        (
            "o.x.append(f(1))",
            "attribute READ x, receiver READ append <o.x>, last READ append <1>",
        ),
        ("d.items()", "method READ items <d>"),
        ("list(d.items())", "method READ items <d>, iterate READ list <items>"),
        ("o.free", "attribute READ free"),
        ("','.join(t)", "iterate READ join <t>"),
        ("'k' in d", "member READ <k>"),
        ("k not in d", "member READ <k>"),
        ("f('k') in d", "keyed READ <k>, among READ <d>"),
        ("k in {'a', 'b'}", ""),
        ("0 in l in [l]", "member READ <0>"),
        ("'a' in t in d", "member READ <a>, member READ <t>"),
        ("f(0) in l == t", "keyed READ <0>, among READ <l>"),
        ("len(l)", "whole READ <l>"),
        ("len([])", ""),
        ("if o.x: pass", "attribute READ x, whole READ <o.x>"),
        ("if d['k'] and not o.x: pass", "item READ <k>, whole READ <0>"),
        ("l[0] or o.x", "item READ <0>, whole READ <1>"),
        ("0 or o.x", "attribute READ x"),
        ("1 if not l[0:1] else 2", "whole READ <l>"),
        ("[1 for i in [0] if o.x]", "attribute READ x, whole READ <o.x>"),
        ("if k: pass", ""),
        ("if (w := o.x): pass", "attribute READ x, whole READ <o.x>"),
        ("assert not o.x", "attribute READ x, whole READ <o.x>"),
        ("for i in l: pass", "iterate READ <l>"),
        ("for i in range(2): pass", ""),
        ("[i for i in l]", "iterate READ <l>"),
        ("[j for i in [l] for j in i]", "iterate READ <l>"),
        ("a, b = l", "iterate READ <l>"),
        ("a, b = b, a = 1, 2", ""),
        ("f(*l)", "iterate READ <l>"),
        ("f(**e)", "iterate READ ** <e>"),
        ("[*l, {**d}]", "iterate READ <l>, iterate READ ** <d>"),
        ("def g(): yield from l\nlist(g())", "iterate READ list <g>, iterate READ yield from <l>"),
        ("sorted(l)", "iterate READ sorted <l>"),
        ("list(zip(l, t))", "iterate READ zip <l>, iterate READ zip <t>"),
        ("list(map(f, l))", "iterate READ map <l>"),
        ("min(l, [0])", ""),
        ("min(l)", "iterate READ min <l>"),
        ("iter(f, 3)", ""),
        ("next(it)", "next UPDATE <it>"),
        ("next(it, None)", "next UPDATE <it>"),
        ("with cm: pass", "here READ <cm>"),
        ("o.x['k'] += 1", "attribute READ x, item UPDATE <k>"),
        ("o.x, d['k'] = 1, 2", "attribute WRITE x, item WRITE <k>"),
        ("for o.x in [1]: pass", "attribute WRITE x"),
        ("f'{o.x!r:>{l[0]}}'", "attribute READ x, item READ <0>"),
        ("[i.x for i in [o]]", "attribute READ x"),
        ("import sys", ""),
        ("def g(): import os.path as p\ng()", "imported READ os.path"),
        ("def g(): from os import path\ng()", "imported READ os"),
        (
            "class _S:\n def f(self): self.__x = self.__y__ = 1\n_S().f()",
            "attribute READ f, attribute WRITE _S__x, attribute WRITE __y__",
        ),
        ("class S:\n k = 'k'\n d[k]", "holding READ <d>, key READ <k>"),
        ("class S:\n def __del__(self): 'doc'\nS()", "dying READ <S>"),
        ("match o:\n case Thing(x=5) if o.x: pass", "attribute READ x"),
        (
            "match o:\n case Thing(y=_) | _ if o.x: pass",
            "attribute READ y, attribute READ x, whole READ <o.x>",
        ),
        ("x: 'no.such' = o.x", "attribute READ x"),
        ("def g(a: o.x) -> o.x: pass", ""),
        ("super", ""),
        ("async def g(): l[await o.x]", ""),
    ],
)
def test_what_is_told(source, told):
    thing = Thing()
    thing.x = {"k": 0} if "x['k']" in source else []
    thing.free = 1
    things = {"o": thing, "d": {"k": 0, -1: 2}, "l": [1, 2], "t": ("a", "b"), "e": {}}
    things |= {"k": "k", "n": "x", "it": iter([1]), "cm": contextlib.nullcontext()}
    things |= {"operator": operator, "a": 0, "b": 0}
    names = {id(value): name for name, value in things.items() if name in "dltoe" or name == "it"}
    names |= {id(things["cm"]): "cm", id(thing.x): "o.x"}

    def f(*args, **kwargs):
        return args[0] if args else 3

    found = told_by(source, f=f, Thing=Thing, **things)
    assert ", ".join(described(*one, names) for one in found) == told


def described(form, touch, of, names):
    words = [form, touch.mode.name, touch.name]
    if form not in {"attribute", "imported"}:
        kinds = {"dict_items": "items", "generator": "g", "S": "S"}
        short = names.get(id(of)) or kinds.get(type(of).__name__) or str(of)
        words.append(f"<{short}>")
    words.append("clears" if touch.clears else "")
    return " ".join(word for word in words if word)


@pytest.mark.parametrize(
    ("source", "text", "line"),
    [
        ("d[\n  'k'\n]", "d[ …", 1),
        ("ä = o; ä.x", "ä.x", 1),
        ("\nd.get('k')", "d.get('k')", 2),
        ("len(l)", "len(l)", 1),
        ("'k' in d", "'k' in d", 1),
        ("for i in l: pass", "l", 1),
    ],
)
def test_where_it_is(source, text, line):
    thing = Thing()
    thing.x = 1
    [(_, touch, _)] = told_by(source, o=thing, d={"k": 0}, l=[1, 2])
    assert touch.site == ("app.py", line, text)


def test_the_function_around():
    source = """
        o.x
        class A:
            o.x
            def f(self):
                o.x
                def g(): return o.x
                class B:
                    o.x
                    def h(self): [o.x for i in t]
                B().h()
                (lambda: o.x)()
                g()
        A().f()
        """
    thing = Thing()
    thing.x = 1
    told = told_by(source, o=thing, t=(1,))
    assert [touch.function for _, touch, _ in told if touch.name == "x"] == [
        *("", "", "A.f", "A.f", "A.f.<locals>.B.h", "A.f.<locals>.<lambda>"),
        "A.f.<locals>.g",
    ]


def names_told(source):
    """Modes and names, and how many different variables they are."""
    told = told_by(source, print=lambda *_: None)
    found = [(t.mode, t.name, id(of)) for form, t, of in told if form in {"variable", "storing"}]
    return [one[:2] for one in found], len({one[1:] for one in found})


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            """
            n = 0
            def f():
                global n
                n += 1
            f()
            print(n)
            """,
            [(UPDATE, "n")],
        ),
        (
            """
            def make():
                n = 0
                def f(m=1):
                    nonlocal n
                    n = n + m
                f()
                return n
            make()
            """,
            [(WRITE, "n"), (READ, "n"), (WRITE, "n"), (READ, "n")],
        ),
        (
            """
            def f():
                global x, y, z, g, A, e, os, w
                for x in [1]: pass
                y, z = 1, 2
                def g(): pass
                class A: pass
                import os.path
                try: 1/0
                except ZeroDivisionError as e: pass
                (w := 3)
                del w
            f()
            """,
            [(WRITE, name) for name in ["x", "y", "z", "g", "A", "os", "e", "w", "w"]],
        ),
        (
            """
            def f(x):
                global y
                y = [x for x in [x] if [y for y in [1]]]
                (lambda y: y)(1)
            y = 0
            f(1)
            """,
            [(WRITE, "y")],
        ),
        (
            """
            def f():
                global y
                match [1, {"k": 2}]:
                    case [y, {**z}]: print(y)
            f()
            """,
            [(WRITE, "y"), (READ, "y")],
        ),
        (
            """
            def f():
                global y
                y = 1
            def g():
                return [x for x in [1, 2] if y]
            f()
            g()
            """,
            [(WRITE, "y"), (READ, "y"), (READ, "y")],
        ),
        ("x = 1\nprint(x)", []),  # nobody rebinds it
    ],
)
def test_names_that_functions_share(source, told):
    assert names_told(source) == (told, len({name for _, name in told}))


def test_each_call_has_a_variable_of_its_own():
    source = """
        def make():
            n = 0
            def f():
                nonlocal n
                n += 1
            return f
        for f in (make(), make()):
            f()
            f()
        """
    told, variables = names_told(source)
    assert len(told) == 6
    assert variables == 2


class Noisy:
    """Writes down everything that is done with it, in order."""

    log: ClassVar[list] = []

    def __init__(self, name):
        object.__setattr__(self, "name", name)

    def note(self, what):
        self.log.append(re.sub("0x[0-9a-f]+", "", f"{self.name} {what}"))

    def __getattr__(self, attribute):
        self.note(f".{attribute}")
        return Noisy(f"{self.name}.{attribute}")

    def __setattr__(self, attribute, value):
        self.note(f".{attribute} = {value}")

    def __delattr__(self, attribute):
        self.note(f"del .{attribute}")

    def __getitem__(self, key):
        self.note(f"[{key}]")
        return Noisy(f"{self.name}[]")

    def __setitem__(self, key, value):
        self.note(f"[{key}] = {value}")

    def __delitem__(self, key):
        self.note(f"del [{key}]")

    def __iadd__(self, other):
        self.note(f"+= {other}")
        return self

    def __add__(self, other):
        self.note(f"+ {other}")
        if len(self.log) % 7 == 0:
            raise ArithmeticError(self.name)
        return self

    def __call__(self, *args, **named):
        self.note(f"({', '.join(map(str, args))} {named})")
        return self

    def __iter__(self):
        self.note("iter")
        return iter([Noisy(f"{self.name}0"), Noisy(f"{self.name}1")])

    def __contains__(self, item):
        self.note(f"contains {item}")
        return len(self.name) % 3 == 0

    def __len__(self):
        self.note("len")
        return len(self.name)

    def __next__(self):
        self.note("next")
        return Noisy(f"{self.name}n")

    def keys(self):
        self.note("keys")
        return ["k", "l"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.note("exit")
        return True

    def __repr__(self):
        return self.name

    def __bool__(self):
        self.note("bool")
        return len(self.name) % 2 == 0


def places(values):
    return st.one_of(
        st.builds("{}.{}".format, values, st.sampled_from("xy")),
        st.builds("{}[{}]".format, values, values),
        st.builds("{}[{}:{}]".format, values, values, values),
    )


names = st.sampled_from(["a", "b", "c"])
methods = st.sampled_from(["get", "pop", "append", "extend", "items", "add", "join", "x"])
functions = st.sampled_from(["len", "bool", "sorted", "next", "sum", "list", "any", "iter", "min"])
values = st.recursive(
    names,
    lambda inner: st.one_of(
        places(inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("{}({})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{} for i in {}]".format, inner, inner),
        st.builds("(lambda a: {})({})".format, inner, inner),
        st.builds("(w := {})".format, inner),
        st.builds("f'{{{}}}'".format, names),
        st.builds("{}.{}(*{})".format, names, st.sampled_from("xy"), names),
        st.builds("{}.{}({}, {})".format, inner, methods, inner, inner),
        st.builds("{}.{}()".format, inner, methods),
        st.builds("{} {} {}".format, inner, st.sampled_from(["in", "not in", "and", "or"]), inner),
        st.builds("({} in {} in {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("getattr({}, {})".format, inner, st.sampled_from(["'x'", "k", "'__len__'"])),
        st.builds("[*{}, {{**{}}}]".format, inner, inner),
        st.builds("a(**{})".format, inner),
        st.builds("{}[{}]".format, inner, st.sampled_from(["k", "-1", "'x'", "0"])),
        st.builds("[i for i in {} if {}]".format, inner, inner),
        st.builds("list(i for j in {} for i in j if {})".format, inner, inner),
    ),
    max_leaves=6,
)
targets = names | places(values) | st.builds("({}, {})".format, places(names), names)


def nested(body):
    return body.map(lambda lines: textwrap.indent(lines, "    "))


def matched(body):
    return values, values, nested(nested(body))


lines = st.one_of(
    values,
    st.builds("{} = {}".format, targets, values),
    st.builds("{} = {} = {}".format, targets, targets, values),
    st.builds("{} += {}".format, names | places(values), values),
    st.builds("del {}".format, places(values)),
    st.builds("setattr({}, {}, {})".format, values, st.sampled_from(["'x'", "k"]), values),
    st.builds("assert {}, {}".format, values, values),
    st.builds("a, *b = {}".format, values),
    st.builds("{}, {} = {}, {}".format, names, places(names), values, values),
    st.builds("import {} as a".format, st.sampled_from(["os", "os.path", "no_such"])),
    st.just("from os import path as b, sep as w"),
    st.builds("x: {} = {}".format, values, values),
    st.builds("{}: {}".format, places(values), values),
)
programs = st.recursive(
    lines,
    lambda body: st.one_of(
        st.lists(body, min_size=1, max_size=3).map("\n".join),
        st.builds("for {} in {}:\n{}".format, targets, values, nested(body)),
        st.builds("if {}:\n{}".format, values, nested(body)),
        st.builds("if {}:\n{}\nelif {}:\n{}".format, values, nested(body), values, nested(body)),
        st.builds("while {}:\n{}\n    break\nelse:\n{}".format, values, nested(body), nested(body)),
        st.builds("match {}:\n    case [a, *b] | [a, b, _] if {}:\n{}".format, *matched(body)),
        st.builds("def f():\n{}\n    yield from {}\nb = list(f())".format, nested(body), values),
        st.builds("class A:\n    def __del__(self):\n{}\nA()".format, nested(nested(body))),
        st.builds(
            "async def f():\n    async with a as b: await {}\n{}\ntry: f().send(None)\n"
            "except StopIteration: pass".format,
            values,
            nested(body),
        ),
        st.builds("with {} as {}:\n{}".format, values, targets, nested(body)),
        st.builds("try:\n{}\nexcept ArithmeticError as e:\n    a(e)".format, nested(body)),
        st.builds("def f(a={}, *b):\n{}\nf(c)".format, values, nested(body)),
        st.builds("class A:\n{}".format, nested(body)),
        st.builds("def f():\n    global a, b, w\n{}\nf()".format, nested(body)),
        st.builds(
            "def f(a, c=b):\n    def g(b):\n        nonlocal a, c\n{}\n    g(a)\nf(c)".format,
            nested(nested(body)),
        ),
    ),
    max_leaves=8,
)


def outcome(code, own):
    """What a program did and how it ended, with the lines of its traceback."""
    Noisy.log = []
    space = {"__builtins__": own, "a": Noisy("a"), "b": Noisy("b"), "c": Noisy("c")}
    space["k"] = "k"
    ended = None
    try:
        exec(code, space)
    except Exception as error:  # noqa: BLE001 - whatever a generated program raises
        at = [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
        ended = (type(error), re.sub("0x[0-9a-f]+", "", str(error)), at)
    del space["__builtins__"]
    return Noisy.log, ended, {name: repr(value)[:9] for name, value in space.items()}


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # `[a](b)` and the like
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=400, deadline=None)
@given(programs)
def test_a_program_computes_what_it_did(source):
    try:
        plain = compile(source, "app.py", "exec")
    except SyntaxError:
        return  # e.g. an assignment expression where none may be
    code, own, _ = instrumented(source)
    assert outcome(code, own) == outcome(plain, vars(builtins).copy())


def test_an_exception_shows_the_same_line_and_place():
    source = "def f(o):\n    return (1 +\n        o.first.second['k'])\n"
    spots = []
    for code, own in (
        (compile(source, "app.py", "exec"), vars(builtins)),
        instrumented(source)[:2],
    ):
        space = {"__builtins__": own}
        exec(code, space)
        with pytest.raises(AttributeError) as caught:
            space["f"](Thing())
        frame = next(f for f in traceback.extract_tb(caught.value.__traceback__) if f.name == "f")
        spots.append((frame.lineno, frame.end_lineno, frame.colno, frame.end_colno))
    assert spots[0] == spots[1]


LANGUAGE = [
    (
        (3, 11),
        """
        def f(d, k):
            n = 0
            def g():
                nonlocal n
                n += d[k]
                return sorted(locals())
            if k in d and not d.get("no"):
                for i in d.values(): pass
                with open(__file__) as h: import os.path
                return g(), sorted(locals()), n
        print(f({"k": 1}, "k"), sorted(globals()))
        """,
    ),
    (
        (3, 11),
        """
        async def agen(n):
            for i in range(n): yield i
        async def f():
            try:
                async with cm as c, cm: pass
                return [i async for i in agen(3) if i] + [await g(j) for j in c.l]
            finally: c.l.append(1)
        async def g(x): return [x, {await h(): x}]
        async def h(): return c.l[await i()]
        async def i(): return 0
        class C:
            l = [4]
            async def __aenter__(self): return self
            async def __aexit__(self, *e): self.l.extend(e)
        c = cm = C()
        import asyncio
        print(asyncio.run(f()), C.l)
        """,
    ),
    (
        (3, 11),
        """
        def gen(l):
            try:
                got = yield from l
                while got.x: got = yield got[0:1]
            except* (TypeError, AttributeError) as e:
                print(e.exceptions)
            return (yield)
        g = gen([1, 2])
        print(next(g), g.send(None), next(g, 3))
        try: g.send(4)
        except StopIteration as e: print(e.value)
        """,
    ),
    (
        (3, 11),
        """
        class P:
            __match_args__ = "x", "y"
            def __init__(self, x, y): self.x, self.y = x, y
        def f(v):
            match v:
                case P(x=0) | P(0, _) if v.x in [0]: return "zero"
                case P(x, y=[1, *rest]): return x, rest
                case {"k": P() as p, **more}: return p.y, more
                case str() | bytes(): return len(v)
                case [a, (b, c)] if (d := a.real): return d, b, c
                case _: return v
        print([f(v) for v in (P(0, 1), P(2, [1, 2]), {"k": P(3, 4), "l": 5}, "ab", [6, (7, 8)], 9)])
        """,
    ),
    (
        (3, 11),
        """
        import enum, dataclasses, typing, collections
        class E(enum.Enum):
            A = "a"
            B = A[0] + "b"
            _ignore_ = ["z"]
            for z in ["c", "d"]: vars()[z.upper()] = z
        @dataclasses.dataclass(slots=True, order=True)
        class D(typing.Generic[typing.TypeVar("T")]):
            l: list[E] = dataclasses.field(default_factory=list)
            __n: int = 0
            def f(self) -> "D[E]": self.__n += len(self.l); return self.__n
        class S(collections.OrderedDict):
            def get(self, k): return super().get(k, __class__.__name__)
            def __getattr__(self, name): return super().__getattribute__(name)
        d = D([E.A, E.C])
        print(list(E), d.f(), d, S(a=1).get("b"), typing.get_type_hints(D.f), D.__annotations__)
        """,
    ),
    (
        (3, 11),
        """
        def f(a, b=[1][0], /, *c: int, d=(lambda x=len("ab"): x)(), **e) -> None:
            a, *b, (c, [d]) = *b, *c, (d, e["k"])
            return f"{a!r:>{b[0]}} {c=} {d.real:{'>4'}} {len(e)}", {**e, **{"k": 1}}, [*e], (*e,)
        print(f(*[1, [5]], *(2, 3), d=4, **{"k": [9]}, **{"l": {}}))
        x = y = z = [0]; x[-1], y[:] = 1, [2, z]; del x[0], y
        print(x, [a for b in [[x]] for a in b if a in b], [*map(len, z)], "-".join(c for c in "ab"))
        """,
    ),
    (
        (3, 12),
        """
        class A[T: (int, str), *Ts, **P](dict[str, T]):
            type B[U] = A[U, *Ts, P]
            def get[K](self, k: K, *a: *Ts) -> K: return super().get(k)
            def f[T](self): return lambda: [T for _ in self.items() if T.__name__]
        def f[T](x: T) -> T:
            global n
            n = T.__name__
            def g[U](): nonlocal x; x += [U.__name__]; return x
            return g()
        n = 0
        print(A(k=1).get("k"), A(k=1).f()(), f([2]), n, A.B.__type_params__, A.__type_params__)
        print(f"{f"{'a' if n in {"k": 1} else '\\n'}"} {n.upper()!s}")
        """,
    ),
    ((3, 13), "class A[T=int]: x: T\nprint(A.__type_params__[0].__default__)"),
    (
        (3, 14),
        """
        d = {"k": [1]}
        def f(): return t"{d["k"][0]:>{len(d)}} {d.get("k")!r} {d=}"
        print(f().strings, [(i.value, i.expression, i.conversion, i.format_spec) for i in f()
              if not isinstance(i, str)])
        try: 1 / 0
        except ValueError, ZeroDivisionError: print(d["k"])
        class A: x: no.such[d]
        """,
    ),
    (
        (3, 15),
        """
        lazy import json
        lazy from os import path
        l = [[1], [2, 3]]; d = [{"a": 1}, {"b": l}]
        def f(): return [*x for x in l if x[0]], {*x for x in l}, {**x for x in d}, path.sep
        print(f(), list((*x for x in l)), json.dumps(l))
        """,
    ),
]


@pytest.mark.parametrize(("since", "source"), LANGUAGE)
def test_all_of_the_language(since, source):
    if sys.version_info < since:
        pytest.skip("not in this Python")
    source = textwrap.dedent(source)
    printed = []
    for make in (None, instrumented):
        if make is None:
            code, own = compile(source, "app.py", "exec", dont_inherit=True), {**vars(builtins)}
        else:
            code, own, watcher = make(source)
        said = []
        own["print"] = lambda *args, said=said: said.append(repr(args))
        exec(code, {"__builtins__": own, "__name__": "app", "__file__": __file__})
        printed.append([re.sub("0x\\w+", "", one) for one in said])
    assert printed[0] == printed[1]
    assert printed[0]
    assert watcher.told or "A[T=" in source


def test_docstrings_and_the_future_stay_first():
    source = (
        '"""Doc."""\nfrom __future__ import annotations\n'
        'class A:\n    """Of A."""\n    x: no.such\n'
    )
    code, own, _ = instrumented(source)
    space = {"__builtins__": own}
    exec(code, space)
    assert space["__doc__"] == "Doc."
    assert space["A"].__doc__ == "Of A."
    assert space["A"].__annotations__ == {"x": "no.such"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"# coding: latin-1\n'\xe4'; x = str.upper\n", "upper"),
        (b"\xef\xbb\xbfa = str.upper", "upper"),
        ("x = 1\x0c\ny = x.real\r\n", "real"),
    ],
)
def test_encodings_and_odd_line_ends(source, name):
    code, own, watcher = instrumented(source)
    exec(code, {"__builtins__": own})
    assert [touch.name for _, touch, _ in watcher.told] == [name]


@pytest.mark.parametrize(
    ("source", "error"),
    [("x =", SyntaxError), ("a\x00", ValueError), ("x" + ".y" * 100_000, RecursionError)],
)
def test_what_cannot_be_rewritten(source, error):
    with pytest.raises((error, SyntaxError, MemoryError)):
        rewrite(source, "app.py")


FILES = [*sorted(STDLIB.glob("*.py"))[::4], *sorted(STDLIB.glob("asyncio/*.py"))]


def test_the_standard_library_compiles():
    done = 0
    for file in FILES:
        source = file.read_bytes()
        made = rewrite(source, file.name)
        compile(made.tree, file.name, "exec")
        assert made.touches or not any(
            isinstance(node, ast.Attribute | ast.Subscript) for node in ast.walk(ast.parse(source))
        )
        done += 1
    assert done > 60


OWN_TESTS = """
    argparse configparser contextlib copy dataclasses difflib fractions optparse shlex textwrap
""".split()  # noqa: SIM905 - a list would take a line for each

RUNNER = """
import builtins, importlib.util, sys, unittest
from touching import FORMS
from ungil.races.calls import PREFIX
from ungil.races.instrument import compiled
name = sys.argv[1]
class Loader(importlib.util.find_spec(name).loader.__class__):
    def source_to_code(self, data, path, *, _optimization=-1):
        return compiled(data, path, lambda touches: touches, None)
for form in FORMS:
    setattr(builtins, f"{PREFIX}{form}__", lambda first, *rest: first)
builtins.__ungil_variable__ = builtins.__ungil_imported__ = lambda *told: None
class Finder:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname != name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        spec.loader = Loader(fullname, spec.origin)
        spec.cached = None
        return spec
sys.dont_write_bytecode = True
sys.modules.pop(name, None)
sys.meta_path.insert(0, Finder)
suite = unittest.defaultTestLoader.loadTestsFromName(f"test.test_{name}")
module = sys.modules[name]
assert isinstance(module.__loader__, Loader)
result = unittest.TextTestRunner(verbosity=0).run(suite)
print(result.testsRun, len(result.failures), len(result.errors))
"""


@pytest.mark.skipif(
    not (STDLIB / "test" / "test_textwrap.py").exists(),
    reason="this Python has no tests of its own",
)
@pytest.mark.parametrize("name", OWN_TESTS)
def test_its_own_tests_pass(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    run, failures, errors = map(int, done.stdout.split()[-3:])
    assert run > 0
    assert (failures, errors) == (0, 0), done.stderr[-3000:]
