"""Extension modules in every style of declaring, for tests: C sources and what is right.

The structures are those of CPython's Include/moduleobject.h and Include/slots.h,
written down here so that no CPython with headers is needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ungil.extensions import Declaration, Initialisation

_NOT_USED, _USED, _RUN_TIME = Declaration.NOT_USED, Declaration.USED, Declaration.RUN_TIME
_MULTI, _SINGLE = Initialisation.MULTI_PHASE, Initialisation.SINGLE_PHASE
_EXPORT = Initialisation.EXPORT


@dataclass(frozen=True)
class Style:
    """One way to declare, or not to.

    Attributes:
        code: C; `NAME` is the module's name.
        declaration: What a free-threaded interpreter would find.
        initialisation: How the module is created.
        hard: May a reader of optimised code be unable to tell?
    """

    code: str
    declaration: Declaration
    initialisation: Initialisation
    hard: bool = False


PRELUDE = """
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
typedef __INTPTR_TYPE__ word;
typedef struct {
#ifdef FREE_THREADED
    word tid; unsigned short flags; unsigned char mutex, bits; unsigned local; word shared;
#else
    word refcount;
#endif
    void *type; void *init; word index; void *copy;
} Base;
typedef struct { int slot; void *value; } Slot;
typedef struct {
    Base base; const char *name, *doc; word size; void *methods; Slot *slots;
    void *traverse, *clear, *free;
} Def;
typedef struct {
    unsigned short id, flags; unsigned reserved;
    union { void *pointer; long long number; };
} PySlot;
extern void *PyModuleDef_Init(Def *);
extern void *PyModule_Create2(Def *, int);
extern int PyUnstable_Module_SetGIL(void *, void *);
extern int PyModule_AddIntConstant(void *, const char *, long);
extern void PyErr_SetString(void *, const char *);
extern void *PyExc_ImportError;
extern void *PyImport_ImportModule(const char *);
extern void _Py_Dealloc(void *);
extern int Py_IsInitialized(void);
extern void *Another_PyInit(void);
#define USED ((void *)0)
#define NOT_USED ((void *)1)
#define INIT(x) EXPORT void *PyInit_##x(void)
#define SLOTS(x, ...) \\
    static Slot x##_slots[] = {{2, x##_exec}, __VA_ARGS__ {0, 0}}; \\
    static Def x##_def = {.name = #x, .size = 0, .slots = x##_slots};
#define EXEC(x) \\
    static int x##_exec(void *m) { return PyModule_AddIntConstant(m, "one", 1); }
#define BARE(x) static Def x##_def = {.name = #x, .size = -1};
#ifdef _WIN32
int DllMainCRTStartup(void *a, unsigned b, void *c) { return 1; }
#endif
"""

STYLES = {
    "slot_not_used": Style(
        "EXEC(NAME) SLOTS(NAME, {4, NOT_USED},) INIT(NAME) { return PyModuleDef_Init(&NAME_def); }",
        _NOT_USED,
        _MULTI,
    ),
    "slot_used": Style(
        "EXEC(NAME) SLOTS(NAME, {4, USED},) INIT(NAME) { return PyModuleDef_Init(&NAME_def); }",
        _USED,
        _MULTI,
    ),
    "slot_of_315": Style(
        """EXEC(NAME) SLOTS(NAME, {87, NOT_USED},)
        INIT(NAME) { return PyModuleDef_Init(&NAME_def); }""",
        _NOT_USED,
        _MULTI,
    ),
    "no_slot": Style(
        "EXEC(NAME) SLOTS(NAME,) INIT(NAME) { return PyModuleDef_Init(&NAME_def); }",
        _USED,
        _MULTI,
    ),
    "no_slots": Style(
        "BARE(NAME) INIT(NAME) { return PyModuleDef_Init(&NAME_def); }", _USED, _MULTI
    ),
    # In its exec slot it is too late: 3.13 and 3.14 have switched by then.
    "set_in_exec": Style(
        """static int NAME_exec(void *m) { return PyUnstable_Module_SetGIL(m, NOT_USED); }
        SLOTS(NAME,) INIT(NAME) { return PyModuleDef_Init(&NAME_def); }""",
        _USED,
        _MULTI,
    ),
    "constant_slots": Style(
        """EXEC(NAME) static const Slot NAME_slots[] = {{2, NAME_exec}, {4, NOT_USED}, {0, 0}};
        static Def NAME_def = {.name = "NAME", .slots = (Slot *)NAME_slots};
        INIT(NAME) { return PyModuleDef_Init(&NAME_def); }""",
        _NOT_USED,
        _MULTI,
    ),
    "after_a_check": Style(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        INIT(NAME) {
            if (!Py_IsInitialized()) { PyErr_SetString(PyExc_ImportError, "no"); return 0; }
            return PyModuleDef_Init(&NAME_def);
        }""",
        _NOT_USED,
        _MULTI,
    ),
    "filled_in": Style(
        """EXEC(NAME) static Slot NAME_slots[5]; BARE(NAME)
        static void NAME_add(int at, int id, void *value) {
            NAME_slots[at].slot = id; NAME_slots[at].value = value;
        }
        INIT(NAME) {
            NAME_add(0, 2, NAME_exec); NAME_add(1, 4, NOT_USED); NAME_add(2, 0, 0);
            NAME_def.slots = NAME_slots;
            return PyModuleDef_Init(&NAME_def);
        }""",
        _NOT_USED,
        _MULTI,
        hard=True,
    ),
    "filled_in_used": Style(
        """EXEC(NAME) static Slot NAME_slots[5]; BARE(NAME)
        INIT(NAME) {
            NAME_slots[0].slot = 2; NAME_slots[0].value = NAME_exec;
            NAME_slots[1].slot = 4; NAME_slots[1].value = USED;
            NAME_def.slots = NAME_slots;
            return PyModuleDef_Init(&NAME_def);
        }""",
        _USED,
        _MULTI,
        hard=True,
    ),
    # The file says one thing and the code another.
    "overwritten": Style(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        INIT(NAME) { NAME_slots[1].value = USED; return PyModuleDef_Init(&NAME_def); }""",
        _USED,
        _MULTI,
    ),
    "decided": Style(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        INIT(NAME) {
            NAME_slots[1].value = (void *)(word)Py_IsInitialized();
            return PyModuleDef_Init(&NAME_def);
        }""",
        _RUN_TIME,
        _MULTI,
    ),
    "decided_by_branch": Style(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        INIT(NAME) {
            if (Py_IsInitialized() == 7) NAME_slots[1].value = USED;
            return PyModuleDef_Init(&NAME_def);
        }""",
        _RUN_TIME,
        _MULTI,
    ),
    "one_of_two": Style(
        """EXEC(NAME) SLOTS(NAME, {4, NOT_USED},)
        static Slot NAME_others[] = {{2, NAME_exec}, {4, USED}, {0, 0}};
        static Def NAME_other = {.name = "NAME", .slots = NAME_others};
        INIT(NAME) {
            return PyModuleDef_Init(Py_IsInitialized() == 7 ? &NAME_other : &NAME_def);
        }""",
        _RUN_TIME,
        _MULTI,
    ),
    "single": Style(
        "BARE(NAME) INIT(NAME) { return PyModule_Create2(&NAME_def, 1013); }", _USED, _SINGLE
    ),
    "single_not_used": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (!m) return 0;
            PyUnstable_Module_SetGIL(m, NOT_USED);
            return m;
        }""",
        _NOT_USED,
        _SINGLE,
    ),
    "single_used": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (m) PyUnstable_Module_SetGIL(m, USED);
            return m;
        }""",
        _USED,
        _SINGLE,
    ),
    "single_with_errors": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013), *other = 0;
            if (!m) return 0;
            if (PyModule_AddIntConstant(m, "a", 1) < 0) goto error;
            other = PyImport_ImportModule("sys");
            if (!other) goto error;
            if (PyUnstable_Module_SetGIL(m, NOT_USED) < 0) goto error;
            if (PyModule_AddIntConstant(m, "b", 2) < 0) goto error;
            return m;
        error:
            if (other) _Py_Dealloc(other);
            _Py_Dealloc(m);
            return 0;
        }""",
        _NOT_USED,
        _SINGLE,
    ),
    # As f2py writes it: with an exception set, the module is returned all the same.
    "single_failing_with_module": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (!PyImport_ImportModule("numpy")) {
                PyErr_SetString(PyExc_ImportError, "no numpy");
                return m;
            }
            PyUnstable_Module_SetGIL(m, NOT_USED);
            return m;
        }""",
        _NOT_USED,
        _SINGLE,
    ),
    "single_sometimes": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (m && Py_IsInitialized() == 7) PyUnstable_Module_SetGIL(m, NOT_USED);
            return m;
        }""",
        _RUN_TIME,
        _SINGLE,
    ),
    "single_decided": Style(
        """BARE(NAME) INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (m) PyUnstable_Module_SetGIL(m, (void *)(word)(Py_IsInitialized() & 1));
            return m;
        }""",
        _RUN_TIME,
        _SINGLE,
        hard=True,
    ),
    "single_by_helper": Style(
        """BARE(NAME)
        static __attribute__((noinline)) int NAME_finish(void *m, int x) {
            if (PyModule_AddIntConstant(m, "x", x) < 0) return -1;
            return PyUnstable_Module_SetGIL(m, NOT_USED);
        }
        INIT(NAME) {
            void *m = PyModule_Create2(&NAME_def, 1013);
            if (!m || NAME_finish(m, 3) < 0) return 0;
            return m;
        }""",
        _NOT_USED,
        _SINGLE,
    ),
    "exported": Style(
        """static PySlot NAME_slots[] = {{100, 2, 0, {"NAME"}}, {87, 4, 0, {NOT_USED}}, {0}};
        EXPORT PySlot *PyModExport_NAME(void) { return NAME_slots; }""",
        _NOT_USED,
        _EXPORT,
    ),
    "exported_used": Style(
        """static PySlot NAME_slots[] = {{100, 2, 0, {"NAME"}}, {87, 4, 0, {USED}}, {0}};
        EXPORT PySlot *PyModExport_NAME(void) { return NAME_slots; }""",
        _USED,
        _EXPORT,
    ),
    "exported_bare": Style(
        """static PySlot NAME_slots[] = {{100, 2, 0, {"NAME"}}, {0}};
        EXPORT PySlot *PyModExport_NAME(void) { return NAME_slots; }""",
        _USED,
        _EXPORT,
    ),
    "exported_nested": Style(
        """static Slot NAME_inner[] = {{4, NOT_USED}, {0, 0}};
        static PySlot NAME_middle[] = {{94, 2, 0, {NAME_inner}}, {0}};
        static PySlot NAME_slots[] = {{100, 2, 0, {"NAME"}}, {92, 2, 0, {NAME_middle}}, {0}};
        EXPORT PySlot *PyModExport_NAME(void) { return NAME_slots; }""",
        _NOT_USED,
        _EXPORT,
    ),
    "elsewhere": Style(
        "INIT(NAME) { return Another_PyInit(); }",
        Declaration.UNKNOWN,
        Initialisation.UNKNOWN,
    ),
}
"""By module name."""

IMPORTS = """LIBRARY python314t.dll
EXPORTS
PyModuleDef_Init
PyModule_Create2
PyUnstable_Module_SetGIL
PyModule_AddIntConstant
PyErr_SetString
PyExc_ImportError DATA
PyImport_ImportModule
_Py_Dealloc
Py_IsInitialized
Another_PyInit
"""


def source(names: Iterable[str] = tuple(STYLES), *, free_threaded: bool = True) -> str:
    """One C file with a module of each of these styles."""
    layout = "#define FREE_THREADED\n" if free_threaded else ""
    return layout + PRELUDE + "\n".join(STYLES[n].code.replace("NAME", n) for n in names)


def module(code: str, name: str) -> str:
    """One C file with a module of that name, which its code calls `NAME`."""
    return "#define FREE_THREADED\n" + PRELUDE + code.replace("NAME", name)
