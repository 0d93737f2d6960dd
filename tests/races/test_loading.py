"""Code that tells of its accesses is loaded as any other, and kept between runs."""

import marshal
import os
import re
import subprocess
import sys
import textwrap
import warnings
import zipfile
from pathlib import Path

import pytest
from touching import Place, Watcher

from ungil.races.instrument import compiled

SOURCE = textwrap.dedent(
    """
    class A:
        n = 0
        def f(self):
            return [self.n for _ in range(2)] + [(lambda: self.n)()]
    seen = A().f()
    """
).encode()


def places(touches):
    return [Place(touch) for touch in touches]


def run(cache, source=SOURCE, path="app.py", make=places):
    watcher = Watcher()
    space = {"__builtins__": {**vars(__import__("builtins")), **watcher.builtins()}}
    exec(compiled(source, path, make, cache), space)
    return space, [touch.name for form, touch, _ in watcher.told]


def test_the_calls_are_given_what_the_watcher_made():
    space, told = run(None)
    assert space["seen"] == [0, 0, 0]
    assert told == ["f", "n", "n", "n"]


def test_what_is_kept_is_the_same(tmp_path, monkeypatch):
    given = []

    def make(touches):
        given.append(tuple(touches))
        return places(touches)

    first = run(tmp_path / "new", make=make)[1]
    # It does not come to rewriting it once more.
    monkeypatch.setattr("ungil.races.instrument.loading.rewrite", None)
    assert run(tmp_path / "new", make=make)[1] == first
    assert given[0] == given[1]
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_another_source_or_path_is_kept_apart(tmp_path):
    run(tmp_path)
    run(tmp_path, path="other.py")
    run(tmp_path, SOURCE + b"x = 1\n")
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:40],
        lambda content: content[:-1],
        lambda content: b"x" * len(content),
        lambda content: content[:32] + marshal.dumps(None),
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    ],
)
def test_what_is_damaged_is_made_again(tmp_path, damage):
    run(tmp_path)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert run(tmp_path)[1] == ["f", "n", "n", "n"]
    assert len(file.read_bytes()) == len(whole)


def test_no_folder_to_keep_it_in(tmp_path):
    (tmp_path / "file").touch()
    assert run(tmp_path / "file")[1] == ["f", "n", "n", "n"]
    assert run(tmp_path / "file" / "below")[1] == ["f", "n", "n", "n"]


def warned(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    return [(str(one.message), one.category, one.filename, one.lineno) for one in caught]


@pytest.mark.parametrize(
    "source",
    [
        "'\\d'",
        "def f():\n    global x\n    x = '\\d\\q'; y = f'\\{x}'\n    return '\\N{DASH}', '\\\n'",
        "global_ = 1\ndef f():\n    global g\n    return r'\\' + rb'\\\\' + rf'\\{g}'",
        "x = 1\nif x is 'a': pass",
        "[1, 2]['a']",
        "'a'()\n(1)[2]\n{}.x()",
        "assert (1, 'a')",
        "x = 1\nif x.y is 5 or x[0] is (): pass\nwith x: x is 1",
        "def f():\n    for x in y:\n        try: pass\n        finally: continue",
        "def f():\n    try: x.y\n    finally:\n        return [1 is x]\n",
        "0x1for x in [1]",
        "print(\"\\8\", b'\\z')",
    ],
)
def test_the_same_warnings(source):
    def plain():
        try:
            compile(source.encode(), "app.py", "exec", dont_inherit=True)
        except SyntaxError:
            raised.append("plain")

    def ours():
        try:
            compiled(source.encode(), "app.py", places, None)
        except SyntaxError:
            raised.append("ours")

    raised = []
    assert warned(ours) == warned(plain)
    assert len(raised) in {0, 2}


def test_the_mark_itself_is_left_alone():
    with pytest.raises(ValueError, match="stands for"):
        compiled(b"x = ('ungil touch', 0)", "app.py", places, None)
    assert run(None, b"x = 'ungil touch', 'a'['ungil touch' == 1:]\n".replace(b",", b"+"))[1] == []


# The import hook

PROGRAM = {
    "app/__init__.py": "from app import one\nVALUE = one.f({'k': 1})\n",
    "app/one.py": """
        '''Doc.'''
        def f(d):
            # A comment.
            return d['k']
        class C:
            def m(self): return self.x
        """,
    "app/two.py": "def g():\n    return {}['no']\ng()\n",
    "app/bad.py": "x = = 1\n",
    "app/deep.py": "x = 1\ny = x" + ".real" * 600 + "\n",
    "app/data.txt": "text",
    "app/__main__.py": "import sys\nprint(__name__, __spec__.name, sys.argv)\n",
    "spaces/inner/mod.py": "X = 3\nY = [X][0]\n",
    "app/fresh.py": "A = [7][0]\nprint(A, __name__)\n",
    "other.py": "Z = {}.get('k')\n",
    "slow.py": "from importlib import util\nlazy = 5\nobject.lazy\n".replace("object.lazy", "lazy"),
}

BODY = """
import importlib, importlib.resources, importlib.util, inspect, os, pickle, pkgutil, runpy
import sys, traceback
import app, app.one, spaces.inner.mod, other
print(app.VALUE, spaces.inner.mod.X, other.Z, spaces.__file__)
print(inspect.getsource(app.one.f), inspect.getdoc(app.one), inspect.getcomments(app.one.f))
print(app.one.__file__, app.one.__spec__.cached, app.one.__spec__.origin)
print(app.one.__loader__.name, app.one.__loader__.path, app.__path__, app.one.__package__)
print(app.one.__loader__.get_data(app.one.__file__), app.one.__loader__.get_source("app.one"))
print(isinstance(app.one.__loader__, importlib.machinery.SourceFileLoader), repr(app.one))
print(pickle.loads(pickle.dumps(app.one.f)) is app.one.f)
print(importlib.reload(app.one) is app.one, app.one.f({'k': 2}))
print([one.name for one in pkgutil.walk_packages(app.__path__, "app.")])
print(pkgutil.get_data("app", "data.txt"))
print(importlib.resources.files("app").joinpath("data.txt").read_text())
print(sorted(runpy.run_module("app.fresh")), runpy.run_module("other")["Z"])
runpy.run_module("app", run_name="__main__", alter_sys=False)
for name in "app.two", "app.bad", "app.none", "none":
    try:
        importlib.import_module(name)
    except Exception:
        traceback.print_exc(file=sys.stdout)
for script in "import app.two", "import app.bad":
    try:
        exec(script)
    except Exception:
        print(traceback.format_exc().replace("frozen", "none shown"))
import app.deep
spec = importlib.util.find_spec("slow")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.lazy)
sys.path.insert(0, os.path.abspath("zipped.zip"))
import packed
print(packed.P)
"""

HOOKED = """
import builtins, sys
from pathlib import Path
from touching import Place, Watcher
from ungil.races.instrument import Hook
watcher = Watcher()
vars(builtins).update(watcher.builtins())
passed, told, done = [], [], []
hook = Hook(
    lambda name, path: name != "other" and "ungil-test" in path,
    lambda touches: [Place(touch) for touch in touches],
    Path("kept"), told=lambda *one: told.append(one), passed=passed.append, done=done.append,
)
sys.meta_path.insert(0, hook)
"""

REPORT = """
print(done, file=sys.stderr)
print([one for one in passed if one in {"other", "app", "json"}], file=sys.stderr)
print(told, file=sys.stderr)
print(sorted({touch.site.path for _, touch, _ in watcher.told}), file=sys.stderr)
"""


def python(folder, script):
    (folder / "run.py").write_text(script)
    return subprocess.run(
        [sys.executable, "run.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*sys.path, str(folder)]),
            "PYTHONDONTWRITEBYTECODE": "",
        },
    )


@pytest.fixture
def program(tmp_path):
    folder = tmp_path / "ungil-test"
    for name, text in PROGRAM.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    with zipfile.ZipFile(folder / "zipped.zip", "w") as packed:
        packed.writestr("packed.py", "P = [4][0]\n")
    return folder


def comparable(text):
    # The script is longer; and the import system says where it was if another part of it,
    # `import_module`, is among what failed.
    text = re.sub(r'(run.py", line) \d+', r"\1", text)
    return re.sub(r'  File "<frozen importlib.*\n', "", text)


def test_a_program_does_what_it_did(program):
    plain = python(program, BODY.replace("import app.deep", ""))
    assert (plain.returncode, plain.stderr) == (0, "")
    for _ in "first", "kept":
        ours = python(program, HOOKED + BODY.replace("import app.deep", ""))
        assert comparable(ours.stdout) == comparable(plain.stdout)
        assert (ours.returncode, ours.stderr) == (0, "")
    assert len(list((program / "kept").iterdir())) == 7


def test_what_is_told_of_modules(program):
    done = python(program, HOOKED + BODY + REPORT)
    assert done.returncode == 0, done.stderr
    finished, passed, told, paths = map(eval, done.stderr.splitlines())
    assert [*dict.fromkeys(finished)] == ["app.one", "app", "spaces.inner.mod", "slow"]
    assert passed == ["other"]
    assert [name for name, _ in told] == ["app.deep", "packed"]
    assert told[0][1].startswith("RecursionError")
    assert told[1][1] == "it is loaded by zipimport.zipimporter"
    assert {Path(path).name for path in paths} == {"__init__.py", "__main__.py", "one.py"}
    # What Python keeps is never ours; and it keeps what is not watched.
    kept = {file.name.partition(".")[0] for file in program.rglob("__pycache__/*.pyc")}
    assert kept == {"other", "deep"}


# pytest

TESTS = {
    "conftest.py": "import pytest\n@pytest.fixture\ndef o():\n    import helper\n"
    "    return helper.O()\n",
    "helper.py": """
        class O:
            x = 5
            l = [1, 2]
            def m(self, *a, **k): return self.x
            def __repr__(self): return "<O>"
        """,
    "test_it.py": """
        '''Of a doc.'''
        import pytest
        g = 3
        d = {"k": 1, "l": []}
        e = [1, 2]
        @pytest.mark.parametrize("i", range(40))
        def test_one(o, i):
            global g
            k = "k"
            a = b = 0
            if i == 0: assert o.x == d[k]
            if i == 1: assert o.x == d["k"], o.m()
            if i == 2: assert not o.x
            if i == 3: assert o.x and d["l"]
            if i == 4: assert d["l"] or not g or o.m(g, *e, **{"y": o.x}) == 3
            if i == 5: assert k not in d
            if i == 6: assert "x" in d
            if i == 7: assert o.m() in o.l
            if i == 8: assert len(o.l) == 3
            if i == 9: assert d.get(k) == 2
            if i == 10: assert d.get(o.x, None)
            if i == 11: assert sorted(o.l) == [2, 1]
            if i == 12: assert g == 4
            if i == 13: assert getattr(o, "x") == 6
            if i == 14: assert (y := o.x) == 6
            if i == 15: assert all(z > 1 for z in o.l)
            if i == 16: assert o.l[0:1] == [2]
            if i == 17: assert 1 < o.x < g
            if i == 18: assert o.l == [1, 3], f"{o.x}"
            if i == 19: assert [*o.l, *e] == []
            if i == 20: assert next(iter(o.l)) == 2
            if i == 21: assert (o.x, o.l) == (5, [])
            if i == 22: assert d["l"]
            if i == 23: assert o.x if o.l else 1 == 2 and None
            if i == 24: assert {o.x: 1}[5] == 2
            if i == 25: assert (o.x == 6) == (o.x == 5)
            if i == 26: assert -o.x == o.x + g * 2
            if i == 27: assert g is None or g in (o.x, d[k]) or g not in o.l == 3
            if i == 28: assert isinstance(o.x, str)
            if i == 29: assert o.l.count(o.x)
            if i == 30: assert o.x.no
            if i == 31: assert (await_ := d.get("z")) is not None
            if i == 32: assert all([o.x > 10, *o.l])
            if i == 33: assert (lambda: o.x)() == 1
            if i == 34: assert "".join(map(str, o.l)) == "x"
            if i == 35: assert not g
            if i == 36: assert o.m
            if i == 37: assert a == 1 or o.x in [b, a]
            if i == 38: assert set(o.l) == {1, 5}
            if i == 39: assert g
            g = 3
        def test_always():
            assert (g, "x")
        """,
    "test_plain.py": "'''PYTEST_DONT_REWRITE'''\ndef test(o):\n    assert o.x == 1\n",
    "test_bad.py": "def test(:\n",
    "test_fails.py": "import helper\n\n{}[helper.O.x]\n",
}

PLUGIN = """
import builtins, sys
from pathlib import Path
from touching import Place, Watcher
from ungil.races.instrument import Hook, watch_tests
watcher = Watcher()
vars(builtins).update(watcher.builtins())
told, passed, done = [], [], []
settings = (
    lambda name, path: "ungil-test" in path,
    lambda touches: [Place(touch) for touch in touches],
    Path(__file__).parent / "kept",
)
more = dict(told=lambda *one: told.append(one), passed=passed.append, done=done.append)
sys.meta_path.insert(0, Hook(*settings, **more))
restore = watch_tests(*settings, **more)
def pytest_unconfigure(config):
    found = [touch for _, touch, _ in watcher.told]
    text = repr((done, told, sorted({one.form for one in found})))
    (Path(__file__).parent / "report").write_text(text)
    restore()
"""


OPTIONS = f"""
    -vv -p no:cacheprovider -p no:ungil -c {os.devnull} --rootdir .
    --continue-on-collection-errors
""".split()


def test_pytest_says_the_same_of_assertions(tmp_path):
    folder = tmp_path / "ungil-test"
    folder.mkdir()
    for name, text in TESTS.items():
        (folder / name).write_text(textwrap.dedent(text))
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "plug.py").write_text(PLUGIN)

    def outcome(*options):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, *options],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(plugins)])},
        )
        assert done.stderr == ""
        text = re.sub(r"in \d.*s =|0x\w+|^plugins:.*$", "", done.stdout, flags=re.MULTILINE)
        return re.sub(r"<frozen importlib.*\n *\?\?\?\n", "", text)

    for options in ((), ("--import-mode", "importlib"), ("--assert", "plain")):
        plain = outcome(*options)
        assert "assert 5 == 1" in plain or "plain" in options
        # What was kept does not warn again, ours or pytest's.
        for file in [*folder.rglob("*.pyc"), *plugins.glob("kept/*")]:
            file.unlink()
        assert outcome("-p", "plug", *options) == plain
        names, told, forms = eval((plugins / "report").read_text())
        assert {name.rpartition(".")[2] for name in names} == {
            *("conftest", "helper", "test_it", "test_plain")
        }
        assert told == []
        assert {"method", "item", "whole", "iterate", "member", "variable"} <= set(forms)
        assert not list(folder.rglob("*.pyc"))
