"""C modules, each with what it declares on a free-threaded Python."""

_MULTI = """\
#include <Python.h>
static int run(PyObject *m) {{ {body} return 0; }}
static PyModuleDef_Slot slots[] = {{
    {{Py_mod_exec, run}},
{slot}
    {{0, NULL}}
}};
static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, "example", NULL, 0, NULL, slots, NULL, NULL, NULL
}};
PyMODINIT_FUNC PyInit_example(void) {{ return PyModuleDef_Init(&definition); }}
"""
_SINGLE = """\
#include <Python.h>
static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, .m_name = "example", .m_size = -1
}};
static void declare(PyObject *m) {{ {body} }}
PyMODINIT_FUNC
PyInit_example(void)
{{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL) {{ return NULL; }}
    declare(m);
    return m;
}}
"""
_SET = "PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);"
_SLOT = "{Py_mod_gil, Py_MOD_GIL_NOT_USED},"

# name -> source, declaration, rule found (None: no finding)
MODULES: dict[str, tuple[str, str, str | None]] = {
    "slot": (_MULTI.format(body="", slot=_SLOT), "not_used", None),
    "slot on condition of the build": (
        _MULTI.format(body="", slot=f"#ifdef Py_GIL_DISABLED\n{_SLOT}\n#endif"),
        "not_used",
        None,
    ),
    "slot on condition of the version": (
        _MULTI.format(body="", slot=f"#if PY_VERSION_HEX >= 0x030D0000\n  {_SLOT}\n#endif"),
        "not_used",
        None,
    ),
    "slot for other versions": (
        _MULTI.format(body="", slot=f"#if PY_MAJOR_VERSION < 3\n{_SLOT}\n#endif"),
        "used",
        "c-undeclared",
    ),
    "slot in a comment": (
        _MULTI.format(body="", slot=f"/* {_SLOT} */"),
        "used",
        "c-undeclared",
    ),
    "no slot": (_MULTI.format(body="", slot=""), "used", "c-undeclared"),
    "slot that says used": (
        _MULTI.format(body="", slot="{Py_mod_gil, Py_MOD_GIL_USED},"),
        "used",
        "gil-used",
    ),
    "slot through a macro": (
        "#define HOW Py_MOD_GIL_NOT_USED\n" + _MULTI.format(body="", slot="{Py_mod_gil, HOW},"),
        "not_used",
        None,
    ),
    "call in a function of the slots": (
        _MULTI.format(body=_SET, slot=""),
        "used",
        "declared-too-late",
    ),
    "single-phase": (_SINGLE.format(body=""), "used", "c-undeclared"),
    "single-phase that calls": (_SINGLE.format(body=_SET), "not_used", None),
    "single-phase that calls on condition": (
        _SINGLE.format(body=f"\n#ifdef Py_GIL_DISABLED\n{_SET}\n#endif\n"),
        "not_used",
        None,
    ),
}
