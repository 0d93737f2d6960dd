"""Trees that nobody meant: damaged, huge, hostile, or with parsers missing."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from c_examples import MODULES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_support import declared, project, rules

from ungil.sources import inspect

WHOLE: dict[str, str] = {
    "one.c": MODULES["slot on condition of the version"][0]
    + "void f(PyObject *d) { while (PyDict_Next(d, 0, 0, 0)) { PyDict_GetItem(d, 0); } }\n",
    "two.cpp": "#include <pybind11/pybind11.h>\nPYBIND11_MODULE(a, m, py::mod_gil_not_used()) {}\n",
    "lib.rs": "#[pymodule(gil_used = false)]\nmod core { fn f() { x.gil_used(true) } }\n",
    "a.pyx": "# cython: freethreading_compatible=True\ninclude 'b.pyx'\n",
    "s.i": "%module(directors=1) shapes\n",
    "f.pyf": "python module fib\nend python module\n",
    "setup.py": "import sys\nd = {'x': [1]}\nif sys.version_info >= (3, 13):\n    d['y'] = d\n"
    "for i in d:\n    cythonize(['a.pyx'], compiler_directives={**d, 'z': not True}, **d)\n",
    "meson.build": "project('x')\na = ['b'] + ['c']\nforeach i : a\n  py.extension_module(i, "
    "i + '.pyx', cython_args: a[0])\nendforeach\nif a == b\n  d = {'a': 1}\nelse\n"
    "  subdir('x')\nendif\n",
    "CMakeLists.txt": "set(X a;b)\nlist(APPEND X c)\nnanobind_add_module(${X} [==[ y ]==])\n",
    "pyproject.toml": "[build-system]\nrequires = ['cffi>=2']\n"
    "[tool.cibuildwheel]\nbuild = 'cp3{1,2}*'\n",
    "Cargo.toml": "[dependencies]\npyo3 = '0.28'\n",
    "setup.cfg": "[build_ext]\nswig_opts = -nogil\n",
    ".github/workflows/w.yml": "jobs:\n  a:\n    steps:\n      - uses: pypa/cibuildwheel@v3\n",
}


@st.composite
def damaged(draw):
    """One file of the whole, with some of it cut, doubled, or replaced by rubbish."""
    name = draw(st.sampled_from(sorted(WHOLE)))
    data = bytearray(WHOLE[name].encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from([b"(", b"{", b"\n#if ", b"#endif\n", b'"', b"/*", b"\\\n", b"${"]),
                st.just(bytes(data[start:end]) * 2),
            )
        )
        data[start:end] = piece
    return name, bytes(data)


@given(damaged())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_damaged_file_is_never_a_crash(tmp_path_factory, change):
    name, data = change
    inspection = project(tmp_path_factory.mktemp("tree"), WHOLE | {name: data})
    assert all("\n" not in finding.message for finding in inspection.findings)


def test_the_whole_is_read(tmp_path):
    inspection = project(tmp_path, WHOLE)
    assert {"a", "core", "_shapes", "fib", "example"} <= set(declared(inspection))


_LADDER = "".join(f"#define A{i} " + f"A{i + 1} || " * 50 + "0\n" for i in range(9))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.c", "#include <Python.h>\n" + "(" * 50_000),
        ("x.c", "#include <Python.h>\n" + "#if 1\n" * 20_000),
        ("x.c", "#include <Python.h>\n#if " + "(" * 5_000 + "1" + ")" * 5_000 + "\n#endif\n"),
        ("x.c", "#define A B\n#define B A\n#include <Python.h>\n#if A\n#endif\n"),
        ("x.c", "#include <Python.h>\n#if 1 << 9999999999\n#endif\n"),
        ("x.c", "#include <Python.h>\nint f(void) " + "{" * 30_000),
        ("x.c", "#include <Python.h>\nint x = " + "-" * 30_000 + "1;"),
        ("x.rs", "#[pymodule]\nfn a() " + "{" * 30_000),
        ("setup.py", "x = " + "(" * 5_000),
        ("setup.py", "x = " + "-" * 5_000 + "1"),
        ("setup.py", "x = 'a'\n" + "x = x + x\n" * 200),
        ("setup.py", "x = ['a']\n" + "x = [x, x]\n" * 200 + "cythonize(x)\n"),
        ("setup.py", "x = " + "[" * 60 + "1" + " for a in b]" * 60),
        ("setup.py", "d = {}\n" + "if y:\n    d = {'a': d, 'b': d}\n" * 200),
        ("setup.py", "x = 1\n" * 30_000),
        ("meson.build", "x = " + "(" * 5_000),
        ("meson.build", "x = ['a', 'b']\n" + "foreach a : x\n" * 40 + "endforeach\n" * 40),
        ("CMakeLists.txt", "set(X a)\n" + "set(X ${X} ${X})\n" * 60 + "f(${X})\n" * 9_000),
        ("x.c", "#include <Python.h>\n" + _LADDER + "#if A0\n#endif\n"),
        ("x.c", "#include <Python.h>\nvoid f(void) { " + "x = " * 20_000 + "1; }"),
        ("x.c", "#include <Python.h>\nvoid f(void) " + "{ int x; " * 20_000),
        ("pyproject.toml", "x = " + "[" * 5_000),
        (".github/workflows/x.yml", "cibuildwheel: " + "[" * 5_000),
        (
            ".github/workflows/x.yml",
            "# cibuildwheel\na: &a [x]\n"
            + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)).replace(
                "*a0", "*a"
            ),
        ),
    ],
    ids=lambda value: value[:24].replace("\n", " ") if isinstance(value, str) else None,
)
def test_depth_and_growth_are_bounded(tmp_path, name, text):
    assert set(rules(project(tmp_path, {name: text}))) <= {"source-unreadable", "cython-undeclared"}


def test_bytes_that_are_no_text(tmp_path):
    source = MODULES["slot"][0].encode().replace(b'"example"', b'"\xff\xfe"')
    inspection = project(tmp_path, {"example.c": source, "setup.py": b"x = '\xff'\n"})
    assert declared(inspection) == {"example": "not_used"}


def test_names_that_would_act_on_a_terminal_are_spelt_out(tmp_path):
    source = "#include <pybind11/pybind11.h>\nPYBIND11_MODULE(a, m, \x1b[2J) {}\n"
    inspection = project(tmp_path, {"x.cpp": source})
    assert all("\x1b" not in f.message + f.subject for f in inspection.findings)


def test_parsers_do_not_print_what_they_read(tmp_path, capfd, recwarn):
    files = {"meson.build": "project('x\ny')\n", "setup.py": "x = '\\d'\n"}
    project(tmp_path, files)
    assert capfd.readouterr() == ("", "")
    # As compilers warn of code. What others left open, or never awaited, is collected at any time,
    # and warned of as well.
    said = [one for one in recwarn if issubclass(one.category, SyntaxWarning | DeprecationWarning)]
    assert [str(one.message) for one in said] == []


def test_a_huge_file_is_passed_over_with_a_note(tmp_path):
    huge = b"#include <Python.h>\n" + b" " * (8 * 2**20)
    inspection = project(tmp_path, {"huge.c": huge, "example.c": MODULES["slot"][0]})
    assert declared(inspection) == {"example": "not_used"}
    assert any("huge.c" in note for note in inspection.notes)


def test_what_is_not_the_projects_own_is_passed_over(tmp_path):
    source = MODULES["no slot"][0]
    folders = ["build", ".git", "node_modules", ".venv", "vendor", "third_party", "tests"]
    inspection = project(tmp_path, {f"{folder}/x.c": source for folder in folders})
    assert inspection.declared == ()
    assert inspection.findings == ()
    assert "vendor" in " ".join(inspection.notes)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_not_followed(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "device.c").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.c")
    assert declared(project(tmp_path, {"example.c": MODULES["slot"][0]})) == {"example": "not_used"}


def test_an_empty_tree_says_nothing(tmp_path):
    inspection = inspect(tmp_path)
    assert (inspection.findings, inspection.declared, inspection.notes) == ((), (), ())


def test_the_answer_does_not_depend_on_the_order_of_the_files(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    names = list(WHOLE.items())
    one = project(first, dict(names))
    random.Random(1).shuffle(names)
    assert project(second, dict(names)) == one


WITHOUT = """
import sys
sys.modules["tree_sitter"] = sys.modules["mesonbuild"] = sys.modules["yaml"] = None
from pathlib import Path
from ungil.sources import inspect
inspection = inspect(Path(sys.argv[1]))
for finding in inspection.findings:
    print("finding", finding.rule.name, finding.subject)
for module in inspection.declared:
    print("module", module.name, module.declaration.value)
for note in inspection.notes:
    print("note", note)
"""


def test_without_the_extra_the_rest_is_read(tmp_path):
    project(tmp_path, WHOLE | {"setup.cfg": "[bdist_wheel]\npy_limited_api = cp39\n"})
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "note C and C++ sources were not read: install ungil[sources]." in done.stdout
    assert "finding sources-not-read C and C++" in done.stdout
    assert "finding sources-not-read Rust" in done.stdout
    assert "finding sources-not-read Meson" in done.stdout
    assert "finding limited-api-build" in done.stdout
    assert "module a not_used" in done.stdout


def test_a_path_may_be_relative(tmp_path, monkeypatch):
    project(tmp_path, {"src/example.c": MODULES["no slot"][0]})
    monkeypatch.chdir(tmp_path)
    assert [str(f.location) for f in inspect(Path()).findings] == ["src/example.c:3"]
