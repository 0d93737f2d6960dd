"""What C code does that needs the GIL, each beside what is safe."""

import pytest
from sources_support import lines, project, rules

FUNCTION = """\
#include <Python.h>
{before}
static PyObject *
call(PyObject *self, PyObject *args, PyObject *kwargs)
{{
    {body}
    return NULL;
}}
"""
UNSAFE = {
    "borrowed-reference": [
        "use(PyList_GetItem(self->list, 0));",
        "use(PyList_GET_ITEM(list, 0));",
        "use(PyDict_GetItem(dict, key));",
        "use(PyDict_GetItemWithError(dict, key));",
        'use(PyDict_GetItemString(dict, "x"));',
        "use(PyDict_SetDefault(dict, key, value));",
        "use(PyCell_GET(cell));",
        "PyObject *d = PyDict_New(); cache = d; use(PyDict_GetItem(d, key));",
        "PyObject *d = PyDict_New(); PyDict_SetItem(o, k, d); use(PyDict_GetItem(d, key));",
        "PyObject *d = PyDict_New(); d = self->dict; use(PyDict_GetItem(d, key));",
        (
            "Py_BEGIN_CRITICAL_SECTION(other); use(PyDict_GetItem(dict, key));"
            " Py_END_CRITICAL_SECTION();"
        ),
        (
            "Py_BEGIN_CRITICAL_SECTION(dict); Py_END_CRITICAL_SECTION();"
            " use(PyDict_GetItem(dict, key));"
        ),
    ],
    "unlocked-dict-iteration": ["while (PyDict_Next(self->dict, &i, &k, &v)) { use(k); }"],
    "unlocked-fast-sequence": [
        'PyObject *f = PySequence_Fast(args, ""); n = PySequence_Fast_GET_SIZE(f);',
        'PyObject *f = PySequence_Fast(args, ""); n = PySequence_Fast_ITEMS(f);',
    ],
    "borrowed-weakref": [
        "use(PyWeakref_GetObject(ref));",
        "use(PyWeakref_GET_OBJECT(ref));",
    ],
    "import-add-module": ['use(PyImport_AddModule("x"));'],
    "mutable-static-state": [
        "static int count; count++;",
        "static int count = 0; count = 1;",
        "static PyObject *cache; cache = self;",
        "static PyObject *cache; Py_CLEAR(cache);",
        "static int table[4]; table[0] = 1;",
        "static struct point p; p.x = 1;",
        'static const char *name; name = "";',
    ],
}
SAFE = [
    "use(PyTuple_GetItem(args, 0));",
    "use(PyDict_GetItem(kwargs, key));",
    "while (PyDict_Next(kwargs, &i, &k, &v)) { use(k); }",
    "PyObject *d = PyDict_New(); use(PyDict_GetItem(d, key));",
    "PyObject *d = NULL; d = PyDict_Copy(o); while (PyDict_Next(d, &i, &k, &v)) { use(k); }",
    "PyObject *l = PySequence_List(args); use(PyList_GET_ITEM(l, 0));",
    (
        "Py_BEGIN_CRITICAL_SECTION(dict); while (PyDict_Next(dict, &i, &k, &v)) { use(k); }"
        " Py_END_CRITICAL_SECTION();"
    ),
    (
        "Py_BEGIN_CRITICAL_SECTION2(one, dict); use(PyDict_GetItem(dict, key));"
        " Py_END_CRITICAL_SECTION2();"
    ),
    "PyMutex_Lock(&mutex); use(PyDict_GetItem(dict, key)); PyMutex_Unlock(&mutex);",
    "PyObject *f = PySequence_Tuple(args); n = PySequence_Fast_GET_SIZE(f);",
    "use(PyWeakref_GetRef(ref, &o));",
    'use(PyImport_AddModuleRef("x"));',
    "/* PyDict_GetItem(dict, key) */",
    'use("PyDict_GetItem(dict, key)");',
    "int count; count++;",
    "static const int limit = 3; use(limit);",
    "static int never_written; use(never_written);",
    "static _Atomic int count; count++;",
    "static _Thread_local int count; count++;",
    "static PyMutex mutex; mutex = other;",
    "static int count; PyMutex_Lock(&mutex); count++; PyMutex_Unlock(&mutex);",
    "static struct point *p; p->x = 1;",
]
unsafe = [(rule, body) for rule, bodies in UNSAFE.items() for body in bodies]


@pytest.mark.parametrize(("rule", "body"), unsafe)
def test_it_is_found(tmp_path, rule, body):
    inspection = project(tmp_path, {"x.c": FUNCTION.format(before="", body=body)})
    assert rules(inspection) == [rule]
    assert lines(inspection, rule) == [6]


@pytest.mark.parametrize("body", SAFE)
def test_it_is_safe(tmp_path, body):
    assert rules(project(tmp_path, {"x.c": FUNCTION.format(before="", body=body)})) == []


def test_a_global_that_is_written_in_a_function(tmp_path):
    source = FUNCTION.format(before="PyObject *cache;", body="cache = self;")
    inspection = project(tmp_path, {"x.c": source})
    assert rules(inspection) == ["mutable-static-state"]
    assert inspection.findings[0].subject == "cache"


def test_a_local_of_the_same_name_is_something_else(tmp_path):
    source = FUNCTION.format(before="static int count;", body="int count = 0; count = 1;")
    assert rules(project(tmp_path, {"x.c": source})) == []


def test_functions_that_only_initialise_run_once(tmp_path):
    source = """
        #include <Python.h>
        static PyObject *cache;
        void set_up(void) { cache = PyDict_New(); PyImport_AddModule("x"); }
        static int run(PyObject *m) { set_up(); return 0; }
        static int clear(PyObject *m) { Py_CLEAR(cache); return 0; }
        static PyModuleDef_Slot slots[] = {
            {Py_mod_exec, run}, {Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, NULL}};
        static PyModuleDef definition = {
            PyModuleDef_HEAD_INIT, .m_name = "x", .m_slots = slots, .m_clear = clear};
        PyMODINIT_FUNC PyInit_x(void) { return PyModuleDef_Init(&definition); }
        """
    assert rules(project(tmp_path, {"x.c": source})) == []
    also_called = "PyObject *f(PyObject *self) { set_up(); return NULL; }\n"
    found = project(tmp_path, {"x.c": source, "y.c": "#include <Python.h>\n" + also_called})
    assert rules(found) == ["import-add-module", "mutable-static-state"]


def test_several_in_one_function_are_one_finding(tmp_path):
    body = "use(PyDict_GetItem(a, k));\n    use(PyDict_GetItem(b, k));"
    inspection = project(tmp_path, {"x.c": FUNCTION.format(before="", body=body)})
    assert len(inspection.findings) == 1
    assert "line 7" in inspection.findings[0].message


def test_a_guard_of_cplusplus_is_a_lock(tmp_path):
    source = """
        #include <Python.h>
        static int count;
        void locked() { std::lock_guard<std::mutex> guard(mutex); count++; }
        """
    assert rules(project(tmp_path, {"x.cpp": source})) == []
    open_ = source.replace("std::lock_guard<std::mutex> guard(mutex);", "")
    assert rules(project(tmp_path, {"x.cpp": open_})) == ["mutable-static-state"]
