"""Free-threaded interpreters of this machine, and modules compiled for one from C."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from ungil.interpreters import find_free_threaded

FREE_THREADED = {
    version: interpreter.path
    for version in ("3.13t", "3.14t", "3.15t")
    if (interpreter := find_free_threaded(version)) is not None
}

NOT_USED = "{Py_mod_gil, Py_MOD_GIL_NOT_USED},"
USED = "{Py_mod_gil, Py_MOD_GIL_USED},"

INCLUDES = """
#include <Python.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
"""


def multi_phase(slots: str = "", body: str = "", name: str = "mod", before: str = "") -> str:
    return f"""{INCLUDES}{before}
static PyModuleDef_Slot slots[] = {{ {slots} {{0, NULL}} }};
static struct PyModuleDef def = {{
    PyModuleDef_HEAD_INIT, "{name}", NULL, 0, NULL, slots, NULL, NULL, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{ {body}; return PyModuleDef_Init(&def); }}
"""


def single_phase(body: str = "", name: str = "mod") -> str:
    return f"""{INCLUDES}
static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{
    PyObject *module = PyModule_Create(&def);
    {body};
    return module;
}}
"""


def exported(slots: str, before: str = "") -> str:
    return f"""{INCLUDES}{before}
PyABIInfo_VAR(abi_info);
PyMODEXPORT_FUNC PyModExport_mod(void) {{
    static PySlot slots[] = {{
        PySlot_DATA(Py_mod_abi, &abi_info), PySlot_DATA(Py_mod_name, "mod"),
        {slots} PySlot_END}};
    return slots;
}}
"""


@cache
def include_and_suffix(python: Path) -> list[str]:
    questions = (
        "import sysconfig, importlib.machinery as m;"
        "print(sysconfig.get_path('include')); print(m.EXTENSION_SUFFIXES[0])"
    )
    return subprocess.check_output([python, "-I", "-c", questions], text=True).splitlines()


class Compiler:
    """`cc` with one interpreter's headers; the modules go into one folder."""

    def __init__(self, python: Path, folder: Path) -> None:
        if sys.platform == "win32" or not shutil.which("cc"):
            pytest.skip("no C compiler called cc")
        self.include, self.suffix = include_and_suffix(python)
        self.python = python
        self.folder = folder

    def build(
        self,
        source: str,
        name: str = "mod",
        suffix: str | None = None,
        linked: Sequence[str | Path] = (),
    ) -> Path:
        path = self.folder.joinpath(*name.split(".")).with_name(
            name.rpartition(".")[2] + (suffix or self.suffix)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *("cc", "-shared", "-fPIC", "-w", f"-I{self.include}", "-xc", "-", "-o", path),
                *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()),
                *linked,
            ],
            input=source,
            text=True,
            check=True,
        )
        return path
