/* What a thread does between two choices: where it comes, and what it uses. */

#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <structmember.h>

PyTypeObject *segment_type;

/* Where in watched code a thread came; see Segment in _core.pyi. */
typedef struct {
    Touch *touch;
    PyObject *half;
    PyObject *accesses;
} Came;

#define FIRST_USES 3

/* The garbage collector does not look into it: whoever it refers to is let go of when an
   execution has ended (`rest`). */
struct Segment {
    PyObject_HEAD
    PyObject *thread;
    PyObject *pending;
    PyObject *started; /* a list; NULL as long as it is empty */
    int choice;
    uint32_t places;
    uint32_t uses;
    uint32_t places_room;
    uint32_t uses_room;
    Came *place;
    PyObject **use;
    Came first_place;
    PyObject *first_use[FIRST_USES];
};

static void
segment_dealloc(PyObject *self)
{
    Segment *segment = (Segment *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (uint32_t i = 0; i < segment->places; i++) {
        Py_DECREF(segment->place[i].half);
        Py_DECREF(segment->place[i].accesses);
    }
    for (uint32_t i = 0; i < segment->uses; i++) {
        Py_DECREF(segment->use[i]);
    }
    if (segment->place != &segment->first_place) {
        free(segment->place);
    }
    if (segment->use != segment->first_use) {
        free(segment->use);
    }
    Py_DECREF(segment->thread);
    Py_DECREF(segment->pending);
    Py_XDECREF(segment->started);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Room for one more; what was in the segment itself moves out when that is full. */
static int
segment_grow(void **items, void *first, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) {
        return 0;
    }
    void *moved = realloc(*items == first ? NULL : *items, size * count * 2);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (*items == first) {
        memcpy(moved, first, size * count);
    }
    *items = moved;
    *room = count * 2;
    return 0;
}

int
segment_used(Segment *segment, PyObject *access)
{
    if (segment_grow((void **)&segment->use, segment->first_use, segment->uses,
                     &segment->uses_room, sizeof(PyObject *))
        < 0) {
        return -1;
    }
    segment->use[segment->uses++] = Py_NewRef(access);
    return 0;
}

static PyObject *
segment_accesses(PyObject *self, void *ignored)
{
    Segment *segment = (Segment *)self;
    PyObject *list = PyList_New(segment->uses);
    for (uint32_t i = 0; list != NULL && i < segment->uses; i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(segment->use[i]));
    }
    return list;
}

static PyObject *
segment_places(PyObject *self, void *ignored)
{
    Segment *segment = (Segment *)self;
    PyObject *list = PyList_New(segment->places);
    for (uint32_t i = 0; list != NULL && i < segment->places; i++) {
        const Came *one = &segment->place[i];
        PyObject *place = PyTuple_Pack(3, (PyObject *)one->touch, one->half, one->accesses);
        if (place == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, place);
    }
    return list;
}

static PyObject *
segment_started(PyObject *self, void *ignored)
{
    Segment *segment = (Segment *)self;
    if (segment->started == NULL) {
        segment->started = PyList_New(0);
    }
    return Py_XNewRef(segment->started);
}

static PyMemberDef segment_members[] = {
    {"thread", T_OBJECT_EX, offsetof(Segment, thread), READONLY, NULL},
    {"pending", T_OBJECT_EX, offsetof(Segment, pending), READONLY, NULL},
    {"choice", T_INT, offsetof(Segment, choice), READONLY, NULL},
    {NULL},
};

static PyGetSetDef segment_getset[] = {
    {"places", segment_places, NULL, NULL, NULL},
    {"accesses", segment_accesses, NULL, NULL, NULL},
    {"started", segment_started, NULL, NULL, NULL},
    {NULL},
};

static PyType_Slot segment_slots[] = {
    {Py_tp_dealloc, segment_dealloc},
    {Py_tp_members, segment_members},
    {Py_tp_getset, segment_getset},
    {0, NULL},
};

PyType_Spec segment_spec = {
    .name = "ungil.races._native._core.Segment",
    .basicsize = sizeof(Segment),
    .flags
    = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = segment_slots,
};

Segment *
segment_of(const Runner *runner)
{
    return Py_IS_TYPE(runner->segment, segment_type) ? (Segment *)runner->segment : NULL;
}

/* A thread begins one, at a choice; -1 if nobody chose. */
int
segment_begin(Turns *turns, Runner *runner, Py_ssize_t choice)
{
    Segment *segment = PyObject_New(Segment, segment_type);
    if (segment == NULL) {
        return -1;
    }
    segment->thread = Py_NewRef(runner);
    segment->pending = Py_NewRef(runner->pending);
    segment->started = NULL;
    segment->choice = (int)choice;
    segment->places = segment->uses = 0;
    segment->places_room = 1;
    segment->uses_room = FIRST_USES;
    segment->place = &segment->first_place;
    segment->use = segment->first_use;
    Py_XSETREF(runner->segment, (PyObject *)segment);
    return PyList_Append(turns->segments, (PyObject *)segment);
}

/* A thread has come to its place in the source, or goes on there. */
int
segment_came(Runner *runner, Touch *touch, PyObject *half, PyObject *accesses)
{
    Segment *segment = segment_of(runner);
    if (segment == NULL) {
        return 0;
    }
    if (segment_grow((void **)&segment->place, &segment->first_place, segment->places,
                     &segment->places_room, sizeof(Came))
        < 0) {
        return -1;
    }
    segment->place[segment->places++]
        = (Came){touch, Py_NewRef(half), Py_NewRef(accesses)};
    if (turns_here->passed == Py_None) {
        return 0;
    }
    PyObject *result = PyObject_CallNoArgs(turns_here->passed);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}
