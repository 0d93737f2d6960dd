/* A thread under control: threads.Thread. */

#include "control.h"

#include <math.h>
#include <stdlib.h>
#include <structmember.h>

PyTypeObject *runner_type;
PyObject *no_text, *no_accesses;

int
runners_set(void)
{
    if (no_accesses == NULL) {
        no_text = PyUnicode_InternFromString("");
        no_accesses = PyList_New(0);
    }
    return no_text == NULL || no_accesses == NULL ? -1 : 0;
}

static int
runner_traverse(PyObject *self, visitproc visit, void *arg)
{
    Runner *runner = (Runner *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(runner->path);
    Py_VISIT(runner->ident);
    Py_VISIT(runner->name);
    Py_VISIT(runner->carried);
    for (int i = 0; i < OWN; i++) {
        Py_VISIT(runner->own[i]);
    }
    Py_VISIT(runner->blocked);
    Py_VISIT(runner->waits);
    Py_VISIT(runner->lock);
    Py_VISIT(runner->pending);
    Py_VISIT(runner->starter);
    Py_VISIT(runner->at_end);
    Py_VISIT(runner->segment);
    return 0;
}

static int
runner_clear(PyObject *self)
{
    Runner *runner = (Runner *)self;
    Py_CLEAR(runner->path);
    Py_CLEAR(runner->ident);
    Py_CLEAR(runner->name);
    Py_CLEAR(runner->carried);
    for (int i = 0; i < OWN; i++) {
        Py_CLEAR(runner->own[i]);
    }
    Py_CLEAR(runner->blocked);
    Py_CLEAR(runner->waits);
    Py_CLEAR(runner->lock);
    Py_CLEAR(runner->pending);
    Py_CLEAR(runner->starter);
    Py_CLEAR(runner->at_end);
    Py_CLEAR(runner->segment);
    return 0;
}

static void
runner_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    runner_clear(self);
    free(((Runner *)self)->half);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
runner_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *path = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    if (path == NULL || !PyUnicode_Check(path)) {
        PyErr_SetString(PyExc_TypeError, "Thread(path)");
        return NULL;
    }
    Runner *runner = (Runner *)type->tp_alloc(type, 0);
    if (runner == NULL) {
        return NULL;
    }
    runner->path = Py_NewRef(path);
    runner->name = Py_NewRef(path);
    runner->ident = PyLong_FromLong(0);
    runner->carried = Py_NewRef(Py_None);
    runner->blocked = Py_NewRef(Py_None);
    runner->waits = Py_NewRef(no_text);
    runner->lock = Py_NewRef(Py_None);
    runner->pending = Py_NewRef(no_accesses);
    runner->starter = Py_NewRef(Py_None);
    runner->at_end = Py_NewRef(Py_None);
    runner->segment = Py_NewRef(Py_None);
    runner->deadline = NAN;
    runner->priority = NAN;
    runner->alive = true;
    return (PyObject *)runner;
}

static PyObject *
runner_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<thread %U>", ((Runner *)self)->path);
}

static PyObject *
runner_point(PyObject *self, void *ignored)
{
    Touch *touch = ((Runner *)self)->point;
    return Py_NewRef(touch == NULL ? Py_None : (PyObject *)touch);
}

static PyObject *
runner_waits_for(PyObject *self, void *ignored)
{
    return PyTuple_Pack(2, ((Runner *)self)->waits, ((Runner *)self)->lock);
}

static PyMemberDef runner_members[] = {
    {"path", T_OBJECT_EX, offsetof(Runner, path), READONLY, NULL},
    {"ident", T_OBJECT_EX, offsetof(Runner, ident), 0, NULL},
    {"name", T_OBJECT_EX, offsetof(Runner, name), 0, NULL},
    {"carried", T_OBJECT_EX, offsetof(Runner, carried), 0, NULL},
    {"blocked", T_OBJECT_EX, offsetof(Runner, blocked), READONLY, NULL},
    {"pending", T_OBJECT_EX, offsetof(Runner, pending), READONLY, NULL},
    {"starter", T_OBJECT_EX, offsetof(Runner, starter), 0, NULL},
    {"at_end", T_OBJECT_EX, offsetof(Runner, at_end), 0, NULL},
    {"segment", T_OBJECT_EX, offsetof(Runner, segment), 0, NULL},
    {"children", T_INT, offsetof(Runner, children), 0, NULL},
    {"priority", T_DOUBLE, offsetof(Runner, priority), 0, NULL},
    {"daemon", T_BOOL, offsetof(Runner, daemon), 0, NULL},
    {"sleeps", T_BOOL, offsetof(Runner, sleeps), 0, NULL},
    {"pauses", T_BOOL, offsetof(Runner, pauses), READONLY, NULL},
    {"fresh", T_BOOL, offsetof(Runner, fresh), 0, NULL},
    {"alive", T_BOOL, offsetof(Runner, alive), 0, NULL},
    {"away", T_BOOL, offsetof(Runner, away), 0, NULL},
    {NULL},
};

static PyGetSetDef runner_getset[] = {
    {"point", runner_point, NULL, NULL, NULL},
    {"waits_for", runner_waits_for, NULL, NULL, NULL},
    {NULL},
};

static PyType_Slot runner_slots[] = {
    {Py_tp_new, runner_new},           {Py_tp_dealloc, runner_dealloc},
    {Py_tp_traverse, runner_traverse}, {Py_tp_clear, runner_clear},
    {Py_tp_repr, runner_repr},         {Py_tp_members, runner_members},
    {Py_tp_getset, runner_getset},     {0, NULL},
};

PyType_Spec runner_spec = {
    .name = "ungil.races._native._core.Thread",
    .basicsize = sizeof(Runner),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = runner_slots,
};
