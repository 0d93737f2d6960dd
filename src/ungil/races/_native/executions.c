/* One execution under control, as World has it (schedule/world.py).

   What happens at every use of what threads may share is in turns.c and choosing.c. The rest
   of an execution, its beginning, its end and what is out of the ordinary, is World's. */

#include "control.h"

#include <math.h>
#include <structmember.h>

PyTypeObject *turns_type;

static int
turns_traverse(PyObject *self, visitproc visit, void *arg)
{
    Turns *turns = (Turns *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(turns->strategy);
    Py_VISIT(turns->threads);
    Py_VISIT(turns->alive);
    Py_VISIT(turns->segments);
    Py_VISIT(turns->choices);
    Py_VISIT(turns->running);
    Py_VISIT(turns->passed);
    for (uint32_t i = 0; i < turns->count; i++) {
        for (int j = 0; j < KINDS; j++) {
            Py_VISIT(turns->variables[i].accesses[j]);
            Py_VISIT(turns->variables[i].alone[j]);
        }
        Py_VISIT(turns->variables[i].lock);
    }
    return 0;
}

static int
turns_clear(PyObject *self)
{
    Turns *turns = (Turns *)self;
    Py_CLEAR(turns->strategy);
    Py_CLEAR(turns->threads);
    Py_CLEAR(turns->alive);
    Py_CLEAR(turns->segments);
    Py_CLEAR(turns->choices);
    Py_CLEAR(turns->running);
    Py_CLEAR(turns->passed);
    variables_free(turns);
    return 0;
}

static void
turns_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    turns_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
turns_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (ended_type == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "nothing is under control");
        return NULL;
    }
    Turns *turns = (Turns *)type->tp_alloc(type, 0);
    if (turns == NULL) {
        return NULL;
    }
    turns->strategy = Py_NewRef(Py_None);
    turns->running = Py_NewRef(Py_None);
    turns->passed = Py_NewRef(Py_None);
    turns->threads = PyList_New(0);
    turns->alive = PyList_New(0);
    turns->segments = PyList_New(0);
    turns->choices = PyList_New(0);
    turns->alone = true;
    if (turns->threads == NULL || turns->alive == NULL || turns->segments == NULL
        || turns->choices == NULL) {
        Py_DECREF(turns);
        return NULL;
    }
    return (PyObject *)turns;
}

#define IS_RUNNER(object)                                                                   \
    if (!Py_IS_TYPE(object, runner_type)) {                                                 \
        PyErr_SetString(PyExc_TypeError, "not a thread under control");                     \
        return NULL;                                                                        \
    }

/* point(thread, pending, blocked=None, waits_for=("", None), deadline=None) */
static PyObject *
point(PyObject *self, PyObject *args)
{
    PyObject *thread, *pending, *blocked = Py_None, *waits = no_text, *lock = Py_None,
                                *deadline = Py_None;
    if (!PyArg_ParseTuple(args, "O!O!|O(UO)O", runner_type, &thread, &PyList_Type, &pending,
                          &blocked, &waits, &lock, &deadline)) {
        return NULL;
    }
    double until = deadline == Py_None ? NAN : PyFloat_AsDouble(deadline);
    if (PyErr_Occurred()) {
        return NULL;
    }
    int came_back
        = turns_point((Turns *)self, (Runner *)thread, pending, blocked, waits, lock, until);
    return came_back < 0 ? NULL : PyBool_FromLong(came_back);
}

/* used(thread, access) */
static PyObject *
used(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "used(thread, access)");
        return NULL;
    }
    IS_RUNNER(args[0])
    Segment *segment = segment_of((Runner *)args[0]);
    if (segment != NULL && segment_used(segment, args[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ended(thread) */
static PyObject *
ended(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    Turns *turns = (Turns *)self;
    Use end = {thread, PART_END, USE_WRITES | USE_ORDERS};
    ((Runner *)thread)->alive = false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(turns->alive); i++) {
        if (PyList_GET_ITEM(turns->alive, i) == thread) {
            if (PyList_SetSlice(turns->alive, i, i + 1, NULL) < 0) {
                return NULL;
            }
            break;
        }
    }
    if (turns_used(turns, (Runner *)thread, end) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* joined(thread, others) */
static PyObject *
joined(PyObject *self, PyObject *args)
{
    PyObject *thread, *others;
    if (!PyArg_ParseTuple(args, "O!O!", runner_type, &thread, &PyTuple_Type, &others)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(others); i++) {
        Use end = {PyTuple_GET_ITEM(others, i), PART_END, USE_ORDERS};
        if (turns_used((Turns *)self, (Runner *)thread, end) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
begins(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    if (segment_begin((Turns *)self, (Runner *)thread, -1) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* choose(thread, idle=0) */
static PyObject *
chosen(PyObject *self, PyObject *args)
{
    PyObject *current;
    double idle = 0;
    if (!PyArg_ParseTuple(args, "O!|d", runner_type, &current, &idle)) {
        return NULL;
    }
    Runner *found = turns_choose((Turns *)self, (Runner *)current, idle);
    return PyErr_Occurred() ? NULL : Py_NewRef(found == NULL ? Py_None : (PyObject *)found);
}

static PyObject *
hands_over(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    turns_hand_over((Turns *)self, (Runner *)thread);
    Py_RETURN_NONE;
}

static PyObject *
lets(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    if (turns_switch((Turns *)self, (Runner *)thread) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
holder(PyObject *self, PyObject *lock)
{
    Turns *turns = (Turns *)self;
    Variable *known = turns_variable(turns, lock, PART_LOCK);
    if (known == NULL) {
        return NULL;
    }
    return Py_NewRef(known->holder == NULL ? Py_None : (PyObject *)known->holder);
}

/* It has ended: locks are as they were, and nothing is done any more. */
static PyObject *
rest(PyObject *self, PyObject *ignored)
{
    Turns *turns = (Turns *)self;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(turns->threads); i++) {
        Runner *runner = (Runner *)PyList_GET_ITEM(turns->threads, i);
        Py_SETREF(runner->segment, Py_NewRef(Py_None));
    }
    Py_SETREF(turns->running, Py_NewRef(Py_None));
    if (locks_restore(turns) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* held(thread) -> the re-entrant locks that it holds, each as often. */
static PyObject *
held_by(PyObject *self, PyObject *thread)
{
    Turns *turns = (Turns *)self;
    PyObject *found = PyList_New(0);
    for (uint32_t i = 0; found != NULL && i < turns->count; i++) {
        const Variable *one = &turns->variables[i];
        for (uint32_t j = 0; j < one->count && (PyObject *)one->holder == thread; j++) {
            if (PyList_Append(found, one->lock) < 0) {
                Py_CLEAR(found);
                break;
            }
        }
    }
    return found;
}

static PyMethodDef turns_methods[] = {
    {"held", held_by, METH_O, NULL},
    {"point", point, METH_VARARGS, NULL},
    {"used", (PyCFunction)(void (*)(void))used, METH_FASTCALL, NULL},
    {"ended", ended, METH_O, NULL},
    {"joined", joined, METH_VARARGS, NULL},
    {"begin", begins, METH_O, NULL},
    {"choose", chosen, METH_VARARGS, NULL},
    {"hand_over", hands_over, METH_O, NULL},
    {"let", lets, METH_O, NULL},
    {"holder", holder, METH_O, NULL},
    {"rest", rest, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef turns_members[] = {
    {"strategy", T_OBJECT_EX, offsetof(Turns, strategy), 0, NULL},
    {"threads", T_OBJECT_EX, offsetof(Turns, threads), READONLY, NULL},
    {"alive", T_OBJECT_EX, offsetof(Turns, alive), READONLY, NULL},
    {"segments", T_OBJECT_EX, offsetof(Turns, segments), READONLY, NULL},
    {"choices", T_OBJECT_EX, offsetof(Turns, choices), READONLY, NULL},
    {"running", T_OBJECT_EX, offsetof(Turns, running), 0, NULL},
    {"passed", T_OBJECT_EX, offsetof(Turns, passed), 0, NULL},
    {"time", T_DOUBLE, offsetof(Turns, time), 0, NULL},
    {"asks_from", T_PYSSIZET, offsetof(Turns, asks_from), 0, NULL},
    {"learnt", T_BOOL, offsetof(Turns, learnt), 0, NULL},
    {"over", T_BOOL, offsetof(Turns, over), 0, NULL},
    {"alone", T_BOOL, offsetof(Turns, alone), 0, NULL},
    {"tries", T_BOOL, offsetof(Turns, tries), 0, NULL},
    {"fixed", T_BOOL, offsetof(Turns, fixed), 0, NULL},
    {"on_one", T_BOOL, offsetof(Turns, on_one), 0, NULL},
    {NULL},
};

static PyType_Slot turns_slots[] = {
    {Py_tp_new, turns_new},           {Py_tp_dealloc, turns_dealloc},
    {Py_tp_traverse, turns_traverse}, {Py_tp_clear, turns_clear},
    {Py_tp_methods, turns_methods},   {Py_tp_members, turns_members},
    {0, NULL},
};

PyType_Spec turns_spec = {
    .name = "ungil.races._native._core.Turns",
    .basicsize = sizeof(Turns),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = turns_slots,
};

/* carry(turns): from now on this thread of the system carries an execution; None: none. */
PyObject *
control_carry(PyObject *self, PyObject *turns)
{
    if (turns != Py_None && !PyObject_TypeCheck(turns, turns_type)) {
        PyErr_SetString(PyExc_TypeError, "not an execution");
        return NULL;
    }
    Turns *before = turns_here;
    turns_here = turns == Py_None ? NULL : (Turns *)Py_NewRef(turns);
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

/* The execution that this thread of the system carries, if it does. */
PyObject *
control_carried(PyObject *self, PyObject *ignored)
{
    return Py_NewRef(turns_here == NULL ? Py_None : (PyObject *)turns_here);
}
