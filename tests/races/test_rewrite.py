"""What is instrumented computes what it did, and tells of its accesses."""

import ast
import builtins
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

from ungil.races.instrument import MODES, PREFIX, rewrite
from ungil.races.trace import Mode

STDLIB = Path(sysconfig.get_path("stdlib"))


class Watcher:
    """The four functions that the code calls; they note what they are told."""

    def __init__(self, sites):
        self.sites = sites
        self.told = []

    def attribute(self, owner, name, mode, site):
        self.told.append((MODES[mode], self.sites[site].text, name))
        return owner

    def holding(self, owner, site):
        return owner

    def item(self, key, mode, site):
        self.told.append((MODES[mode], self.sites[site].text, key))
        return key

    def whole(self, owner, mode, site):
        self.told.append((MODES[mode], self.sites[site].text, None))
        return owner

    def storing(self, value, mode, site, cell=None):
        self.variable(mode, site, cell)
        return value

    def variable(self, mode, site, cell=None):
        of = "global" if cell is None else cell.__closure__[0]
        self.told.append((MODES[mode], self.sites[site].text, of))


def instrumented(source, name="app.py"):
    """The code, and the builtins that it needs with their watcher."""
    made = rewrite(source, name)
    watcher = Watcher(made.sites)
    own = {**vars(builtins)}
    for function in ("attribute", "holding", "item", "whole", "variable", "storing"):
        own[f"{PREFIX}{function}__"] = getattr(watcher, function)
    return compile(made.tree, name, "exec"), own, watcher


def told_by(source, **names):
    code, own, watcher = instrumented(textwrap.dedent(source))
    exec(code, {"__builtins__": own, **names})
    return watcher.told


READ, WRITE, UPDATE = Mode.READ, Mode.WRITE, Mode.UPDATE


class Thing:
    pass


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("o.x", [(READ, "o.x", "x")]),
        ("o.y = 1", [(WRITE, "o.y", "y")]),
        ("o.x += 1", [(UPDATE, "o.x", "x")]),
        ("del o.x", [(WRITE, "o.x", "x")]),
        ("d['k']", [(READ, "d['k']", "k")]),
        ("d['k'] = 1", [(WRITE, "d['k']", "k")]),
        ("d['k'] += 1", [(UPDATE, "d['k']", "k")]),
        ("del d['k']", [(WRITE, "d['k']", "k")]),
        ("l[0:1]", [(READ, "l[0:1]", None)]),
        ("l[0:1] = []", [(WRITE, "l[0:1]", None)]),
        ("o.x['k'] += 1", [(READ, "o.x", "x"), (UPDATE, "o.x['k']", "k")]),
        ("o.x, d['k'] = 1, 2", [(WRITE, "o.x", "x"), (WRITE, "d['k']", "k")]),
        ("for o.x in [1]: pass", [(WRITE, "o.x", "x")]),
        ("f'{o.x!r:>{l[0]}}'", [(READ, "o.x", "x"), (READ, "l[0]", 0)]),
        ("[i.x for i in [o]]", [(READ, "i.x", "x")]),
        ("d[\n  'k'\n]", [(READ, "d[ …", "k")]),
        ("ä = o; ä.x", [(READ, "ä.x", "x")]),
        (
            "class _S:\n def f(self): self.__x = self.__y__ = 1\n_S().f()",
            [(READ, "_S().f", "f"), (WRITE, "self.__x", "_S__x"), (WRITE, "self.__y__", "__y__")],
        ),
        ("match o:\n case Thing(x=5) if o.x: pass", [(READ, "o.x", "x")]),
        ("x: 'no.such' = o.x", [(READ, "o.x", "x")]),
        ("def f(a: o.x) -> o.x: pass", []),
        ("super", []),
    ],
)
def test_what_is_told(source, told):
    thing = Thing()
    thing.x = {"k": 0} if "x['k']" in source else 5
    assert told_by(source, o=thing, d={"k": 0}, l=[1, 2], Thing=Thing) == told


def names_told(source):
    """Modes and names, and how many different variables they are."""
    told = told_by(source, print=lambda *_: None)
    return [(mode, text) for mode, text, _ in told], len({(t, id(o)) for _, t, o in told})


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
            [(WRITE, "n"), (UPDATE, "n"), (READ, "n")],
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
            [(WRITE, "y"), (WRITE, "y")],
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
        self.log.append(f"{self.name} {what}")

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

    def __call__(self, *args):
        self.note(f"({', '.join(map(str, args))})")
        return self

    def __iter__(self):
        self.note("iter")
        return iter([Noisy(f"{self.name}0"), Noisy(f"{self.name}1")])

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
    ),
    max_leaves=6,
)
targets = names | places(values) | st.builds("({}, {})".format, places(names), names)


def nested(body):
    return body.map(lambda lines: textwrap.indent(lines, "    "))


lines = st.one_of(
    values,
    st.builds("{} = {}".format, targets, values),
    st.builds("{} = {} = {}".format, targets, targets, values),
    st.builds("{} += {}".format, names | places(values), values),
    st.builds("del {}".format, places(values)),
)
programs = st.recursive(
    lines,
    lambda body: st.one_of(
        st.lists(body, min_size=1, max_size=3).map("\n".join),
        st.builds("for {} in {}:\n{}".format, targets, values, nested(body)),
        st.builds("if {}:\n{}".format, values, nested(body)),
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
    ended = None
    try:
        exec(code, space)
    except Exception as error:  # noqa: BLE001 - whatever a generated program raises
        at = [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
        ended = (type(error), str(error), at)
    del space["__builtins__"]
    return Noisy.log, ended, {name: repr(value)[:9] for name, value in space.items()}


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # `[a](b)` and the like
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
    "source",
    [
        b"# coding: latin-1\nx = '\xe4'.upper\n",
        b"\xef\xbb\xbfa = ''.upper",
        "x = 1\x0c\ny = x.real\r\n",
    ],
)
def test_encodings_and_odd_line_ends(source):
    code, own, watcher = instrumented(source)
    exec(code, {"__builtins__": own})
    assert len(watcher.told) == 1


@pytest.mark.parametrize(
    ("source", "error"),
    [("x =", SyntaxError), ("a\x00", ValueError), ("x" + ".y" * 100_000, RecursionError)],
)
def test_what_cannot_be_rewritten(source, error):
    with pytest.raises((error, SyntaxError, MemoryError)):
        rewrite(source, "app.py")


FILES = sorted(p for p in STDLIB.glob("*.py")) + sorted(STDLIB.glob("asyncio/*.py"))


def test_the_standard_library_compiles():
    done = 0
    for file in FILES:
        source = file.read_bytes()
        made = rewrite(source, file.name)
        compile(made.tree, file.name, "exec")
        assert made.sites or not any(
            isinstance(node, ast.Attribute | ast.Subscript) for node in ast.walk(ast.parse(source))
        )
        done += 1
    assert done > 150


OWN_TESTS = """
    argparse configparser contextlib copy dataclasses difflib fractions optparse shlex textwrap
""".split()  # noqa: SIM905 - a list would take a line for each

RUNNER = """
import builtins, importlib.util, sys, unittest
from ungil.races.instrument import rewrite
name = sys.argv[1]
class Loader(importlib.util.find_spec(name).loader.__class__):
    def source_to_code(self, data, path, *, _optimization=-1):
        return compile(rewrite(data, path).tree, path, "exec", dont_inherit=True)
builtins.__ungil_variable__ = lambda *told: None
for function in ("attribute", "holding", "item", "whole", "storing"):
    setattr(builtins, f"__ungil_{function}__", lambda first, *rest: first)
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
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    run, failures, errors = map(int, done.stdout.split()[-3:])
    assert run > 0
    assert (failures, errors) == (0, 0), done.stderr[-3000:]
