"""Modules of our own, imported by the interpreters of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native import FREE_THREADED, NOT_USED, USED, Compiler, exported, multi_phase, single_phase
from ungil.extensions.importing import Importable, Imported, confirm
from ungil.extensions.unpacked import unpacked
from ungil.interpreters import find_free_threaded

pytestmark = pytest.mark.free_threaded


class Importing(Compiler):
    """A compiler that imports what it built."""

    def built(self, source: str, name: str = "mod", **how: Any) -> Importable:
        return Importable.below(self.folder, self.build(source, name, **how))

    def confirm(self, source: str, name: str = "mod", *, seconds: float = 60) -> Imported:
        [imported] = confirm(self.python, [self.built(source, name)], seconds=seconds)
        return imported


@pytest.fixture(scope="module", params=FREE_THREADED)
def python(request):
    return find_free_threaded(request.param)


@pytest.fixture
def compiler(python, tmp_path):
    return Importing(python.path, tmp_path)


def test_a_module_that_declares_keeps_the_gil_off(compiler):
    imported = compiler.confirm(multi_phase(NOT_USED))
    assert imported.keeps_gil_off is True
    assert (imported.name, imported.path.parent) == ("mod", compiler.folder)


@pytest.mark.parametrize("slots", ["", USED])
def test_a_module_that_does_not_switches_it_on(compiler, slots):
    imported = compiler.confirm(multi_phase(slots))
    assert imported.keeps_gil_off is False
    assert "switched the GIL on to load it" in imported.reason


SET_GIL = "PyUnstable_Module_SetGIL(module, %s)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", False),
        (SET_GIL % "Py_MOD_GIL_NOT_USED", True),
        (SET_GIL % "Py_MOD_GIL_USED", False),
    ],
)
def test_single_phase(compiler, body, expected):
    assert compiler.confirm(single_phase(body)).keeps_gil_off is expected


CREATE = "static PyObject *make(PyObject *spec, PyModuleDef *def) { %s; }"


def test_what_is_created_but_is_no_module_needs_the_gil(compiler):
    source = multi_phase(NOT_USED + "{Py_mod_create, make},", before=CREATE % "return PyDict_New()")
    assert compiler.confirm(source).keeps_gil_off is False


@pytest.fixture
def export_compiler(compiler):
    if "315" not in compiler.suffix:
        pytest.skip("PEP 793 came with 3.15")
    return compiler


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ("", False),
        ("PySlot_DATA(Py_mod_gil, Py_MOD_GIL_USED),", False),
        ("PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),", True),
    ],
)
def test_exported_slots(export_compiler, slots, expected):
    assert export_compiler.confirm(exported(slots)).keeps_gil_off is expected


def test_an_export_that_fails_has_switched_the_gil_on_before(export_compiler):
    make = CREATE % 'PyErr_SetString(PyExc_ValueError, "no"); return NULL'
    source = exported("PySlot_FUNC(Py_mod_create, make),", make)
    assert export_compiler.confirm(source).keeps_gil_off is False


def test_a_module_in_a_package_is_imported_without_its_parents(compiler):
    package = compiler.folder / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    imported = compiler.confirm(multi_phase(), "pkg.mod")
    assert (imported.name, imported.keeps_gil_off) == ("pkg.mod", False)
    assert compiler.confirm(multi_phase(NOT_USED), "pkg.mod").keeps_gil_off is True


def test_a_package_that_is_an_extension_module(compiler):
    module = compiler.built(multi_phase(), "mod.__init__")
    [imported] = confirm(compiler.python, [module])
    assert (imported.name, imported.keeps_gil_off) == ("mod", False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("abort()", "signal SIGABRT"),
        ("raise(SIGSEGV)", "signal SIGSEGV"),
        ("exit(3)", "exit code 3"),
        ("exit(0)", "exit code 0"),
        ('Py_FatalError("over")', "signal SIGABRT"),
        ('PyErr_SetString(PyExc_ValueError, "two\\nlines \\x1b[2J"); return NULL', "ValueError"),
        ("PyErr_SetNone(PyExc_SystemExit); return NULL", "SystemExit"),
        ("PyErr_SetNone(PyExc_KeyboardInterrupt); return NULL", "KeyboardInterrupt"),
        ("return NULL", "SystemError"),
        ('if (!PyImport_ImportModule("not_there")) return NULL', "ModuleNotFoundError"),
    ],
)
def test_a_module_that_fails_is_unknown(compiler, body, reason):
    imported = compiler.confirm(multi_phase(body=body))
    assert imported.keeps_gil_off is None
    assert reason in imported.reason
    assert imported.reason.isprintable()


@pytest.mark.parametrize(
    "body",
    [
        "for (;;) pause()",
        # A child in the same group, and one that left it; both hold all descriptors.
        "fork(); for (;;) pause()",
        "if (!fork()) { setsid(); sleep(20); _exit(0); } for (;;) pause()",
    ],
)
def test_a_module_that_hangs_is_unknown(compiler, body):
    imported = compiler.confirm(multi_phase(NOT_USED, body), seconds=1)
    assert imported.keeps_gil_off is None
    assert "longer than 1 s" in imported.reason


def test_no_child_of_a_module_outlives_it(compiler):
    pid = compiler.folder / "pid"
    body = f"""
        pid_t child = fork();
        if (!child) for (;;) pause();
        FILE *file = fopen("{pid}", "w"); fprintf(file, "%d", (int)child); fclose(file)"""
    assert compiler.confirm(multi_phase(NOT_USED, body)).keeps_gil_off is True
    for _ in range(1000):
        try:
            os.kill(int(pid.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)  # until whoever adopted it has reaped it
    pytest.fail("the child still runs")


CHATTER = """
    for (int i = 0; i < 100000; i++) { puts("{}"); fputs("noise", stderr); }
    fflush(stdout);
    PyRun_SimpleString("print('{}', flush=True); import os; os.write(1, b'{}\\\\n')")
"""


@pytest.mark.parametrize(("slots", "expected"), [(NOT_USED, True), ("", False)])
def test_what_a_module_prints_is_not_mistaken_for_the_report(compiler, slots, expected):
    assert compiler.confirm(multi_phase(slots, CHATTER)).keeps_gil_off is expected


ENDS_IF = 'if (getenv("%s")) exit(7)'


@pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "PYTHON_GIL", "LD_PRELOAD"])
def test_our_environment_does_not_reach_the_module(compiler, monkeypatch, variable):
    monkeypatch.setenv(variable, "0")
    assert compiler.confirm(multi_phase(NOT_USED, ENDS_IF % variable)).keeps_gil_off is True


def test_the_check_for_a_variable_can_fail(compiler):
    assert "exit code 7" in compiler.confirm(multi_phase(NOT_USED, ENDS_IF % "PATH")).reason


@pytest.mark.parametrize("value", ["0", "1"])
def test_python_gil_in_our_environment_changes_nothing(compiler, monkeypatch, value):
    monkeypatch.setenv("PYTHON_GIL", value)
    assert compiler.confirm(multi_phase()).keeps_gil_off is False
    assert compiler.confirm(multi_phase(NOT_USED)).keeps_gil_off is True


def test_a_module_starts_in_an_empty_folder_that_is_its_home(compiler):
    body = """
        PyRun_SimpleString(
            "import os\\n"
            "same = os.path.samefile(os.path.expanduser('~'), os.getcwd())\\n"
            "same and not os.listdir() and not os.read(0, 1) or os._exit(7)")"""
    assert compiler.confirm(multi_phase(NOT_USED, body)).keeps_gil_off is True


IMPORTS = 'PyObject *other = PyImport_ImportModule("neighbour"); if (!other) return NULL'


@pytest.mark.parametrize("slots", [NOT_USED, ""])
def test_a_neighbour_that_switches_the_gil_on_is_named(compiler, slots):
    compiler.built(multi_phase(name="neighbour"), "neighbour")
    imported = compiler.confirm(multi_phase(slots, IMPORTS))
    assert imported.keeps_gil_off is None
    assert "neighbour" in imported.reason


@pytest.mark.parametrize(("slots", "expected"), [(NOT_USED, True), ("", False)])
def test_a_neighbour_that_keeps_it_off_leaves_the_answer_to_the_module(compiler, slots, expected):
    compiler.built(multi_phase(NOT_USED, name="neighbour"), "neighbour")
    assert compiler.confirm(multi_phase(slots, IMPORTS)).keeps_gil_off is expected


def test_a_neighbour_does_not_stand_in_for_the_standard_library(compiler):
    for name in ("json", "warnings", "resource", "sysconfig", "colorsys"):
        (compiler.folder / f"{name}.py").write_text("raise SystemExit(7)")
    source = multi_phase(NOT_USED, IMPORTS.replace("neighbour", "colorsys"))
    assert compiler.confirm(source).keeps_gil_off is True


def test_a_module_that_silences_warnings_gets_no_clean_answer(compiler):
    body = """PyRun_SimpleString("import warnings; warnings.simplefilter('ignore')")"""
    assert compiler.confirm(multi_phase("", body)).keeps_gil_off is not True
    body = """PyRun_SimpleString("import warnings; warnings.simplefilter('error')")"""
    assert compiler.confirm(multi_phase("", body)).keeps_gil_off is not True


@pytest.mark.parametrize(
    "suffix", [".cpython-314-x86_64-linux-gnu.so", ".abi3.so", ".cp314-win_amd64.pyd", ".dll"]
)
def test_a_file_for_another_interpreter_is_not_attempted(compiler, suffix):
    module = compiler.built(multi_phase(body="abort()"), suffix=suffix)
    [imported] = confirm(compiler.python, [module])
    assert imported.keeps_gil_off is None
    assert "does not import a file of that name" in imported.reason


def test_a_plain_suffix_is_attempted(compiler):
    module = compiler.built(multi_phase(NOT_USED), suffix=".so")
    assert confirm(compiler.python, [module])[0].keeps_gil_off is True


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"MZ" + bytes(500), b"\xcf\xfa\xed\xfe"])
def test_a_file_that_is_no_library_is_unknown(compiler, content):
    path = compiler.folder / f"mod{compiler.suffix}"
    path.write_bytes(content)
    [imported] = confirm(compiler.python, [Importable.below(compiler.folder, path)])
    assert imported.keeps_gil_off is None
    assert "ImportError" in imported.reason
    assert str(compiler.folder) not in imported.reason


@pytest.mark.parametrize("name", ["", "a\0b", "mod\udc80"])
def test_a_name_that_cannot_be_passed_is_unknown(python, tmp_path, name):
    path = tmp_path / f"{name.replace(chr(0), '') or 'x'}{python.extension_suffixes[0]}"
    try:
        path.write_bytes(b"x")
    except (OSError, UnicodeError):
        pytest.skip("no such file name here")
    [imported] = confirm(python.path, [Importable(name, path, tmp_path)])
    assert imported.keeps_gil_off is None


def test_answers_come_in_order_and_one_process_each(compiler):
    sources = [multi_phase(NOT_USED), multi_phase(), multi_phase(body="abort()")]
    modules = [compiler.built(source, f"p{i}.mod") for i, source in enumerate(sources * 4)]
    answers = confirm(compiler.python, modules, workers=3)
    assert [a.keeps_gil_off for a in answers] == [True, False, None] * 4
    assert [a.path for a in answers] == [m.path for m in modules]
    assert confirm(compiler.python, []) == []


def test_a_missing_file_is_unknown(python, tmp_path):
    module = Importable("mod", tmp_path / "mod.so", tmp_path)
    assert confirm(python.path, [module])[0].reason == "there is no such file"


def test_an_interpreter_that_cannot_answer(tmp_path):
    module = Importable("mod", tmp_path / "mod.so", tmp_path)
    [imported] = confirm(tmp_path / "no-python", [module])
    assert imported.keeps_gil_off is None
    assert "cannot be run" in imported.reason


@pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="runs on a free-threaded build"
)
def test_an_interpreter_with_the_gil(tmp_path):
    module = Importable("mod", tmp_path / "mod.so", tmp_path)
    [imported] = confirm(sys.executable, [module])
    assert imported.keeps_gil_off is None
    assert "always runs with the GIL" in imported.reason


@pytest.mark.skipif(sys.platform != "linux", reason="writes its linker options for ELF")
def test_out_of_a_wheel_with_a_library_beside_it(compiler, tmp_path):
    library = tmp_path / "libbeside.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-xc", "-", "-o", library, "-Wl,-soname,libbeside.so"],
        input="int beside(void) { return 1; }",
        text=True,
        check=True,
    )
    module = compiler.built(
        multi_phase(NOT_USED, "if (beside() != 1) abort()", before="int beside(void);"),
        "demo.mod",
        linked=["-xnone", library, "-Wl,-rpath,$ORIGIN/../demo.libs"],
    )
    wheel = tmp_path / "demo.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(library, "demo.libs/libbeside.so")
        archive.write(module.path, f"demo-1.0.data/platlib/demo/{module.path.name}")
    library.unlink()
    with unpacked(wheel) as folder:
        again = Importable.below(folder, folder / "demo" / module.path.name)
        assert confirm(compiler.python, [again])[0].keeps_gil_off is True


part = st.text("abc_9", min_size=1)


@given(
    st.lists(part), part.filter(lambda stem: stem != "__init__"), st.sampled_from([".so", ".x.pyd"])
)
def test_a_name_is_the_way_down_from_the_search_path(packages, stem, suffix):
    root = Path("root")
    folder = root.joinpath(*packages)
    named = Importable.below(root, folder / (stem + suffix)).name
    assert named.split(".") == [*packages, stem]
    if packages:
        named = Importable.below(root, folder / f"__init__{suffix}").name
        assert named.split(".") == packages
