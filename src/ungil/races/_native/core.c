/* The native core: what instrumented code calls, and the happens-before order behind it.

   The meaning is that of races/watching.py and races/detect/happens_before.py, which see.
   Here the path of an access that tells nothing new takes no lock: each thread keeps its
   most recent accesses, and one that it made before at its present moment (the same epoch
   of FastTrack) is over after a few comparisons. */

#include "control.h"

#include <string.h>

_Atomic(bool) watching;

/* What the language has rules of its own for: the arguments that `start` and `control` both
   take. */
#define LANGUAGE "effects", "iterators", "local", "cached_property", "filling", "setting"

static int
language(PyObject *what, PyObject *types, PyObject *local, PyObject *cached, PyObject *filling,
         PyObject *setting)
{
    if (effects_set(what) < 0) {
        return -1;
    }
    Py_XSETREF(iterators, Py_NewRef(types));
    local_type = (PyTypeObject *)Py_NewRef(local);
    cached_property_type = (PyTypeObject *)Py_NewRef(cached);
    filling_type = (PyTypeObject *)Py_NewRef(filling);
    slot_setattr_example = Py_NewRef(setting);
    return 0;
}

static PyObject *
start(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {LANGUAGE, "watcher", "hooks", "history", NULL};
    PyObject *who, *what, *types, *local, *cached, *filling, *setting, *sequence;
    unsigned long long most;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!OOOOOOK", names, &PyDict_Type, &what,
                                     &PyTuple_Type, &types, &local, &cached, &filling, &setting,
                                     &who, &sequence, &most)) {
        return NULL;
    }
    if (atomic_load(&watching)) {
        PyErr_SetString(PyExc_RuntimeError, "it is watching already");
        return NULL;
    }
    if (language(what, types, local, cached, filling, setting) < 0) {
        return NULL;
    }
    Py_XSETREF(watcher, Py_NewRef(who));
    told_anew();
    records_anew();
    history = most;
    atomic_store(&shadow_count, 0);
    atomic_store(&forgotten, 0);
    if (hooks_install(sequence) < 0) {
        return NULL;
    }
    if (lifetimes_watch() < 0) {
        hooks_remove();
        return NULL;
    }
    threads_anew();
    Thread *thread = thread_current();
    return PyLong_FromUnsignedLong(thread == NULL ? 0 : thread->index);
}

/* control(…): what threads under control meet, see schedule/control.py. */
static PyObject *
control(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {LANGUAGE, "containers", "originals", "library", "lock",
                            "reentrant", "access", "ended", NULL};
    PyObject *what, *types, *local, *cached, *filling, *setting, *containers, *originals,
        *library, *lock, *reentrant, *access, *ended;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!OOOOO!O!O!O!O!O!O", names, &PyDict_Type,
                                     &what, &PyTuple_Type, &types, &local, &cached, &filling,
                                     &setting, &PyTuple_Type, &containers, &PyDict_Type,
                                     &originals, &PyTuple_Type, &library, &PyType_Type, &lock, &PyType_Type, &reentrant,
                                     &PyType_Type, &access, &ended)
        || language(what, types, local, cached, filling, setting) < 0
        || taking_set(originals, library, lock, reentrant) < 0
        || runners_set() < 0 || variables_set(access) < 0 || choosing_set() < 0
        || turns_set(ended) < 0 || points_set(containers) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
stop(PyObject *self, PyObject *ignored)
{
    if (atomic_exchange(&watching, false)) {
        lifetimes_unwatch();
        hooks_remove();
        /* The watcher stays: another thread may be telling it something. */
    }
    Py_RETURN_NONE;
}

static PyObject *
post(PyObject *self, PyObject *object)
{
    order_post(object);
    Py_RETURN_NONE;
}

static PyObject *
receive(PyObject *self, PyObject *object)
{
    order_receive(object);
    Py_RETURN_NONE;
}

/* A lock that keeps somebody's own affairs in order, and nothing that its users do. */
static PyObject *
unordered(PyObject *self, PyObject *lock)
{
    Record *record = record_get(lock);
    if (record == NULL) {
        return PyErr_NoMemory();
    }
    record->unordered = true;
    Py_RETURN_NONE;
}

static PyObject *
imported(PyObject *self, PyObject *ignored)
{
    order_post(&imports);
    Py_RETURN_NONE;
}

/* blocks(what, lock that is given back meanwhile or None) */
static PyObject *
blocks(PyObject *self, PyObject *args)
{
    const char *what;
    PyObject *released;
    if (!PyArg_ParseTuple(args, "sO", &what, &released)) {
        return NULL;
    }
    order_blocks(what, released == Py_None ? NULL : released);
    Py_RETURN_NONE;
}

static PyObject *
all_joined(PyObject *self, PyObject *ignored)
{
    order_join_all();
    Py_RETURN_NONE;
}

static PyObject *
lost(PyObject *self, PyObject *ignored)
{
    return PyLong_FromUnsignedLongLong(atomic_load(&forgotten));
}

/* quiet(True) before code that is not the program's, and quiet(False) after it. */
static PyObject *
quiet(PyObject *self, PyObject *on)
{
    Thread *thread = here;
    if (thread == NULL) {
        thread = thread_current();
    }
    bool was = thread != NULL && thread->busy;
    if (thread != NULL && thread != &gone) {
        thread->busy = on == Py_True;
    }
    return PyBool_FromLong(was);
}

#define CALLED(name, function)                                                              \
    {#name, (PyCFunction)(void (*)(void))touch_##function, METH_FASTCALL,                   \
     #name "($module, /, *args)\n--\n\n"}
#define FAST(name) CALLED(name, name)

/* What is called in the place of these under control. */
#define POINT(name, function)                                                               \
    {"point_" #name, (PyCFunction)(void (*)(void))point_##function, METH_FASTCALL, NULL}
#define LOCK(name)                                                                          \
    {"lock_" #name, (PyCFunction)(void (*)(void))lock_##name, METH_FASTCALL | METH_KEYWORDS, \
     NULL}

static PyMethodDef methods[] = {
    FAST(attribute),
    FAST(named),
    FAST(item),
    CALLED(member, item),
    FAST(holding),
    CALLED(keyed, holding),
    FAST(key),
    FAST(among),
    FAST(receiver),
    FAST(last),
    FAST(used),
    FAST(in_attribute),
    FAST(in_item),
    FAST(whole),
    FAST(method),
    FAST(iterate),
    FAST(next),
    FAST(variable),
    FAST(storing),
    FAST(here),
    FAST(imported),
    FAST(dying),
    {"make", touch_make, METH_VARARGS, NULL},
    {"start", (PyCFunction)(void (*)(void))start, METH_VARARGS | METH_KEYWORDS, NULL},
    {"stop", stop, METH_NOARGS, NULL},
    {"post", post, METH_O, NULL},
    {"receive", receive, METH_O, NULL},
    {"unordered", unordered, METH_O, NULL},
    {"module_done", imported, METH_NOARGS, NULL},
    {"blocks", blocks, METH_VARARGS, NULL},
    {"all_joined", all_joined, METH_NOARGS, NULL},
    {"lost", lost, METH_NOARGS, NULL},
    {"quiet", quiet, METH_O, NULL},
    {"exchange", hooks_exchange, METH_O, NULL},
    {"restore", hooks_restore, METH_NOARGS, NULL},
    {"control", (PyCFunction)(void (*)(void))control, METH_VARARGS | METH_KEYWORDS, NULL},
    {"carry", control_carry, METH_O, NULL},
    {"carried", control_carried, METH_NOARGS, NULL},
    POINT(attribute, attribute),
    POINT(named, named),
    POINT(item, item),
    POINT(member, item),
    POINT(holding, holding),
    POINT(keyed, holding),
    POINT(key, key),
    POINT(among, among),
    POINT(receiver, receiver),
    POINT(last, last),
    POINT(used, used),
    POINT(in_attribute, in_attribute),
    POINT(in_item, in_item),
    POINT(whole, whole),
    POINT(method, method),
    POINT(iterate, iterate),
    POINT(next, next),
    POINT(variable, variable),
    POINT(storing, storing),
    POINT(here, here),
    POINT(imported, imported),
    POINT(dying, here),
    POINT(between, between),
    LOCK(acquire),
    LOCK(release),
    LOCK(r_acquire),
    LOCK(r_release),
    LOCK(r_is_owned),
    LOCK(r_recursion_count),
    LOCK(r_locked),
    LOCK(r_release_save),
    LOCK(r_acquire_restore),
    LOCK(get_ident),
    {NULL},
};

static int
execute(PyObject *module)
{
    touch_type = (PyTypeObject *)PyType_FromSpec(&touch_spec);
    started_type = (PyTypeObject *)PyType_FromSpec(&started_spec);
    runner_type = (PyTypeObject *)PyType_FromSpec(&runner_spec);
    segment_type = (PyTypeObject *)PyType_FromSpec(&segment_spec);
    turns_type = (PyTypeObject *)PyType_FromSpec(&turns_spec);
    steps_type = (PyTypeObject *)PyType_FromSpec(&steps_spec);
    if (touch_type == NULL || started_type == NULL || runner_type == NULL || segment_type == NULL
        || turns_type == NULL || steps_type == NULL || PyModule_AddType(module, runner_type) < 0
        || PyModule_AddType(module, segment_type) < 0
        || PyModule_AddType(module, turns_type) < 0) {
        return -1;
    }
    make_immortal((PyObject *)touch_type);
    for (PyMethodDef *one = methods; strcmp(one->ml_name, "make") != 0; one++) {
        PyObject *function = PyObject_GetAttrString(module, one->ml_name);
        if (function == NULL) {
            return -1;
        }
        if (PyObject_GC_IsTracked(function)) {
            PyObject_GC_UnTrack(function);
        }
        make_immortal(function);
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "ungil.races._native._core",
    .m_doc = "The hot path of watching a program; see ungil.races.watching.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
