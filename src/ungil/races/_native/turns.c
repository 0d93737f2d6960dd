/* One execution under control: whose turn it is, and what was done; see schedule/world.py.

   This is what happens at every use of what threads may share. The rest of an execution,
   its beginning, its end and what is out of the ordinary, is World's. Where threads are
   greenlets this file switches them itself; otherwise their carrier is asked to. */

#include "control.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <structmember.h>

#define MOST_STEPS 20000
#define MOST_USES 500000

LOCAL Turns *turns_here;
PyObject *ended_type;
PyTypeObject *runner_type, *segment_type, *turns_type;

static PyTypeObject *access_type;
static PyObject *text_choose, *text_switch, *text_to, *text_here, *text_carrier, *text_stuck, *text_astray, *text_no_end,
    *text_prune, *no_text, *no_accesses;

int
turns_set(PyObject *access, PyObject *ended)
{
    Py_XSETREF(access_type, (PyTypeObject *)Py_NewRef(access));
    Py_XSETREF(ended_type, Py_NewRef(ended));
    if (no_accesses != NULL) {
        return 0;
    }
    text_choose = PyUnicode_InternFromString("choose");
    text_switch = PyUnicode_InternFromString("switch");
    text_here = PyUnicode_InternFromString("here");
    text_to = PyUnicode_InternFromString("to");
    text_carrier = PyUnicode_InternFromString("_carrier");
    text_stuck = PyUnicode_InternFromString("_stuck");
    text_astray = PyUnicode_InternFromString("_astray");
    text_no_end = PyUnicode_InternFromString("_no_end");
    text_prune = PyUnicode_InternFromString("_prune");
    no_text = PyUnicode_InternFromString("");
    no_accesses = PyList_New(0);
    return text_choose == NULL || text_switch == NULL || text_to == NULL || text_here == NULL || text_carrier == NULL
                   || text_stuck == NULL || text_astray == NULL
                   || text_no_end == NULL || text_prune == NULL
                   || no_text == NULL || no_accesses == NULL
               ? -1
               : 0;
}

/* Threads. */

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
    PyObject *path;
    if (!PyArg_ParseTuple(args, "U", &path)) {
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

/* Segments. */

/* Where in watched code a thread came; see Segment in _core.pyi. */
typedef struct {
    Touch *touch;
    PyObject *half;
    PyObject *accesses;
} Came;

#define FIRST_USES 3

/* The garbage collector does not look into it: whoever it refers to is let go of when an
   execution has ended (`rest`). */
typedef struct {
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
} Segment;

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

static int
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

static Segment *
segment_of(const Runner *runner)
{
    return Py_IS_TYPE(runner->segment, segment_type) ? (Segment *)runner->segment : NULL;
}

/* Variables: a table by object and part, in the order in which they were used first. */

static uint32_t *
slot_of(const Turns *turns, const void *object, uint64_t part)
{
    uint32_t most = 2 * turns->room - 1;
    uint64_t hash = mixed((uintptr_t)object, part, 0);
    for (uint32_t at = (uint32_t)hash & most;; at = (at + 1) & most) {
        uint32_t number = turns->slots[at];
        if (number == 0 || (turns->variables[number - 1].object == object
                            && turns->variables[number - 1].part == part)) {
            return &turns->slots[at];
        }
    }
}

#define FIRST_VARIABLES 32

static int
more_room(Turns *turns)
{
    uint32_t room = turns->room ? turns->room * 2 : FIRST_VARIABLES;
    Variable *moved = realloc(turns->variables, sizeof(Variable) * room);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    turns->variables = moved;
    uint32_t *slots = calloc((size_t)room * 2, sizeof(uint32_t));
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    free(turns->slots);
    turns->slots = slots;
    turns->room = room;
    for (uint32_t i = 0; i < turns->count; i++) {
        *slot_of(turns, moved[i].object, moved[i].part) = i + 1;
    }
    return 0;
}

/* What is known of one; it stays where it is until the next is asked for, and no longer. */
Variable *
turns_variable(Turns *turns, const void *object, uint64_t part)
{
    uint32_t *slot = turns->room ? slot_of(turns, object, part) : NULL;
    if (slot != NULL && *slot) {
        return &turns->variables[*slot - 1];
    }
    if (turns->count == turns->room) {
        if (more_room(turns) < 0) {
            return NULL;
        }
        slot = slot_of(turns, object, part);
    }
    Variable *variable = &turns->variables[turns->count];
    memset(variable, 0, sizeof(Variable));
    variable->object = object;
    variable->part = part;
    *slot = ++turns->count;
    return variable;
}

static void
variables_free(Turns *turns)
{
    for (uint32_t i = 0; i < turns->count; i++) {
        Variable *one = &turns->variables[i];
        for (int j = 0; j < KINDS; j++) {
            Py_CLEAR(one->accesses[j]);
            Py_CLEAR(one->alone[j]);
        }
        Py_CLEAR(one->lock);
        free(one->place);
    }
    free(turns->variables);
    free(turns->slots);
    turns->variables = NULL;
    turns->slots = NULL;
    turns->count = turns->room = 0;
}

static int
kind_of(Use use)
{
    return use.how & USE_TAKES ? 2 : use.how & USE_ORDERS ? 3 + (use.how & USE_WRITES) : use.how;
}

/* A use, as strategies see it; borrowed. */
static PyObject *
access_of(Turns *turns, Use use)
{
    Variable *known = turns_variable(turns, use.object, use.part);
    if (known == NULL) {
        return NULL;
    }
    int kind = kind_of(use);
    if (known->accesses[kind] == NULL) {
        PyObject *made = access_type->tp_alloc(access_type, 4); /* a tuple with names */
        if (made == NULL) {
            return NULL;
        }
        PyObject *variable
            = Py_BuildValue("(NK)", PyLong_FromVoidPtr((void *)use.object), use.part);
        PyTuple_SET_ITEM(made, 0, variable);
        PyTuple_SET_ITEM(made, 1, PyBool_FromLong(use.how & USE_WRITES));
        PyTuple_SET_ITEM(made, 2, PyBool_FromLong(use.how & USE_TAKES));
        PyTuple_SET_ITEM(made, 3, PyBool_FromLong(use.how & USE_ORDERS));
        if (variable == NULL) {
            Py_DECREF(made);
            return NULL;
        }
        known->accesses[kind] = made;
    }
    return known->accesses[kind];
}

/* Uses, in a list that is not to be changed. */
PyObject *
turns_accesses(Turns *turns, const Use *uses, int number)
{
    Variable *only = number == 1 ? turns_variable(turns, uses->object, uses->part) : NULL;
    PyObject **kept = only == NULL ? NULL : &only->alone[kind_of(*uses)];
    if (kept != NULL && *kept != NULL) {
        return Py_NewRef(*kept);
    }
    PyObject *list = PyList_New(number);
    for (int i = 0; list != NULL && i < number; i++) {
        PyObject *access = access_of(turns, uses[i]);
        if (access == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, Py_NewRef(access));
    }
    if (kept != NULL) {
        *kept = Py_XNewRef(list);
    }
    return list;
}

/* Note who uses a variable, and where: it may turn out to be shared. */
static int
learn(Turns *turns, Runner *runner, Touch *touch, Use use)
{
    Variable *known = turns_variable(turns, use.object, use.part);
    if (known == NULL) {
        return -1;
    }
    if (known->user == NULL) {
        known->user = runner;
    }
    if (!known->shared) {
        known->wrote |= use.how & USE_WRITES;
        known->shared = known->wrote && known->user != runner;
    }
    if (known->shared) {
        for (uint32_t i = 0; i < known->places; i++) {
            turns->learnt |= !known->place[i]->shared;
            known->place[i]->shared = true;
        }
        known->places = 0;
        turns->learnt |= !touch->shared;
        touch->shared = true;
        return 0;
    }
    for (uint32_t i = 0; i < known->places; i++) {
        if (known->place[i] == touch) {
            return 0;
        }
    }
    if ((known->places & (known->places - 1)) == 0) { /* room for the next power of two */
        uint32_t room = known->places ? known->places * 2 : 1;
        Touch **moved = realloc(known->place, sizeof(Touch *) * room);
        if (moved == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        known->place = moved;
    }
    known->place[known->places++] = touch;
    return 0;
}

/* Choosing. */

/* Is this a thread that has to wait? -1: an error. */
static int
is_blocked(Turns *turns, Runner *runner)
{
    PyObject *blocked = runner->blocked;
    if (blocked == Py_None) {
        return 0;
    }
    if (PyTuple_CheckExact(blocked)) { /* for the ends of these threads */
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(blocked); i++) {
            PyObject *other = PyTuple_GET_ITEM(blocked, i);
            if (Py_IS_TYPE(other, runner_type) && ((Runner *)other)->alive) {
                return 1;
            }
        }
        return 0;
    }
    int taken = lock_is_taken(turns, blocked);
    if (taken != -2) {
        return taken;
    }
    PyObject *told = PyObject_CallNoArgs(blocked);
    int is = told == NULL ? -1 : PyObject_IsTrue(told);
    Py_XDECREF(told);
    return is;
}

#define MOST_IDLE 1.0 /* seconds that pass really before a timeout strikes */

/* Has the time of a thread come? Who is away comes back in real time, so for it time passes
   really, too. */
static bool
has_come(const Turns *turns, const Runner *runner, bool is_real, double idle)
{
    return !is_real || idle >= fmin(runner->deadline - turns->time, MOST_IDLE);
}

static bool
is_sooner(const Runner *one, const Runner *other)
{
    return other == NULL || one->deadline < other->deadline;
}

/* Who can go on, after nobody did for some time: the first of them is borrowed, and if there
   are more there is a list. */
static int
ready(Turns *turns, double idle, Runner **first, PyObject **list)
{
    Runner *timed = NULL; /* time comes to the first deadline first, whoever waits for it */
    bool is_real = false;
    Py_ssize_t count = 0;
    *first = NULL;
    *list = NULL;
    for (Py_ssize_t i = 0; i <= PyList_GET_SIZE(turns->alive); i++) {
        Runner *one;
        if (i == PyList_GET_SIZE(turns->alive)) {
            bool strikes = timed != NULL && (timed->pauses || count == 0)
                           && has_come(turns, timed, is_real, idle);
            one = strikes ? timed : NULL;
        }
        else {
            one = (Runner *)PyList_GET_ITEM(turns->alive, i);
            is_real |= one->away;
            if (one->away || one->starter != Py_None) {
                continue;
            }
            int waits = one->sleeps ? 1 : is_blocked(turns, one);
            if (waits < 0) {
                goto failed;
            }
            if (waits) {
                timed = !isnan(one->deadline) && is_sooner(one, timed) ? one : timed;
                continue;
            }
        }
        if (one == NULL) {
            continue;
        }
        if (count == 1
            && ((*list = PyList_New(0)) == NULL || PyList_Append(*list, (PyObject *)*first) < 0)) {
            goto failed;
        }
        if (count++ == 0) {
            *first = one;
        }
        else if (PyList_Append(*list, (PyObject *)one) < 0) {
            goto failed;
        }
    }
    return 0;
failed:
    Py_CLEAR(*list);
    return -1;
}

/* What World does then does not come back, but ends the thread. */
static void
out_of_the_ordinary(Turns *turns, PyObject *name, PyObject *argument)
{
    PyObject *result = PyObject_CallMethodObjArgs((PyObject *)turns, name, argument, NULL);
    if (result != NULL) {
        Py_DECREF(result);
        PyErr_SetNone(ended_type);
    }
}

static int
begin(Turns *turns, Runner *runner, Py_ssize_t choice)
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

/* Who goes on; borrowed. NULL if nobody does: for an exception, or before somebody comes
   back who is away. */
static Runner *
choose(Turns *turns, Runner *current, double idle)
{
    Runner *chosen;
    PyObject *list;
    if (ready(turns, idle, &chosen, &list) < 0) {
        return NULL;
    }
    if (chosen == NULL) {
        /* Unless somebody is away, this ends the execution. */
        Py_XDECREF(PyObject_CallMethodNoArgs((PyObject *)turns, text_stuck));
        return NULL;
    }
    if (PyList_GET_SIZE(turns->segments) > MOST_STEPS) {
        Py_XDECREF(list);
        out_of_the_ordinary(turns, text_no_end, (PyObject *)current);
        return NULL;
    }
    if (list == NULL) {
        if (begin(turns, chosen, -1) < 0) {
            return NULL;
        }
    }
    else {
        PyObject *given[] = {turns->strategy, list, (PyObject *)current, (PyObject *)turns};
        PyObject *found = PyObject_VectorcallMethod(text_choose, given, 4, NULL);
        if (found == NULL
            && (PyErr_ExceptionMatches(PyExc_LookupError)
                || PyErr_ExceptionMatches(PyExc_RuntimeError))) {
            PyObject *type, *error, *trace;
            PyErr_Fetch(&type, &error, &trace);
            PyErr_NormalizeException(&type, &error, &trace);
            found = PyObject_CallMethodObjArgs((PyObject *)turns, text_astray, list, current,
                                               error, NULL);
            Py_XDECREF(type);
            Py_XDECREF(error);
            Py_XDECREF(trace);
        }
        Py_DECREF(list);
        if (found == Py_None) {
            Py_DECREF(found);
            out_of_the_ordinary(turns, text_prune, NULL);
            return NULL;
        }
        if (found != NULL && !Py_IS_TYPE(found, runner_type)) {
            PyErr_SetString(PyExc_TypeError, "a strategy chose what is no thread");
            Py_CLEAR(found);
        }
        if (found == NULL) {
            return NULL;
        }
        chosen = (Runner *)found;
        Py_DECREF(found); /* it is one of `threads` */
        if (begin(turns, chosen, PyList_GET_SIZE(turns->choices)) < 0
            || PyList_Append(turns->choices, chosen->path) < 0) {
            return NULL;
        }
    }
    if (!isnan(chosen->deadline)) {
        int waits = chosen->sleeps ? 1 : is_blocked(turns, chosen);
        if (waits < 0) {
            return NULL;
        }
        chosen->expired = waits;
        turns->time = waits ? fmax(turns->time, chosen->deadline) : turns->time;
    }
    return chosen;
}

/* From now on it is this one that runs, with what is its own. */
static void
hand_over(Turns *turns, Runner *runner)
{
    PyObject *before = turns->running;
    turns->running = Py_NewRef(runner);
    if (before != (PyObject *)runner && before != Py_None) {
        hooks_own(((Runner *)before)->own, runner->own);
    }
    Py_DECREF(before);
}

/* Another goes on, or nobody, until somebody lets this one. */
static int
switch_to(Turns *turns, Runner *runner)
{
    PyObject *result;
    if (turns->on_one && runner != NULL) {
        hand_over(turns, runner);
        result = PyObject_CallMethodNoArgs(runner->carried, text_switch);
    }
    else {
        PyObject *carrier = PyObject_GetAttr((PyObject *)turns, text_carrier);
        result = carrier == NULL
                     ? NULL
                     : PyObject_CallMethodOneArg(carrier, text_to,
                                                 runner == NULL ? Py_None : (PyObject *)runner);
        Py_XDECREF(carrier);
    }
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    if (turns->over) {
        PyErr_SetNone(ended_type);
        return -1;
    }
    return 0;
}

/* Who calls, where each runs in a thread of the system: one that was away waits for its
   turn first. */
bool
runner_waits(Runner **runner)
{
    PyObject *found = PyObject_CallMethodNoArgs((PyObject *)turns_here, text_here);
    if (found == NULL) {
        return false;
    }
    *runner = Py_IS_TYPE(found, runner_type) ? (Runner *)found : NULL;
    Py_DECREF(found); /* it is one of `threads` */
    return true;
}

/* A thread is about to do something; it comes back when it may: with 0 if the waiting
   ended for its time, else with 1. */
int
turns_point(Turns *turns, Runner *runner, PyObject *pending, PyObject *blocked,
            PyObject *waits, PyObject *lock, double deadline)
{
    Py_SETREF(runner->pending, Py_NewRef(pending));
    Py_SETREF(runner->blocked, Py_NewRef(blocked));
    Py_SETREF(runner->waits, Py_NewRef(waits));
    Py_SETREF(runner->lock, Py_NewRef(lock));
    runner->deadline = deadline;
    /* A wait for the end of a thread has nothing pending: exhaustive search could not tell
       what its time running out depends on. */
    runner->pauses = runner->sleeps
                     || (deadline - turns->time <= MOMENT && blocked != Py_None
                         && PyList_GET_SIZE(pending) > 0);
    if (runner->starter != Py_None) {
        PyObject *starter = runner->starter;
        runner->starter = Py_NewRef(Py_None);
        int failed = switch_to(turns, (Runner *)starter);
        Py_DECREF(starter);
        if (failed) {
            return -1;
        }
    }
    else {
        Runner *chosen = choose(turns, runner, 0);
        if (PyErr_Occurred() || (chosen != runner && switch_to(turns, chosen) < 0)) {
            return -1;
        }
    }
    Py_SETREF(runner->blocked, Py_NewRef(Py_None));
    runner->deadline = NAN;
    runner->sleeps = runner->pauses = false;
    bool expired = runner->expired;
    runner->expired = false;
    return !expired;
}

/* A thread has come to its place in the source, or goes on there. */
static int
came(Runner *runner, Touch *touch, PyObject *half, PyObject *accesses)
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
    return 0;
}

int
turns_came(Runner *runner)
{
    return runner->point == NULL ? 0 : came(runner, runner->point, no_text, no_accesses);
}

static int
append_all(Turns *turns, Runner *runner, const Use *uses, int number)
{
    for (int i = 0; i < number; i++) {
        if (turns_used(turns, runner, uses[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A thread uses variables, at a place in the source; or does half of what it says. */
int
turns_use(Turns *turns, Runner *runner, Touch *touch, const Use *uses, int number,
          PyObject *half)
{
    if (turns->alone) {
        return 0;
    }
    if (++turns->uses > MOST_USES) {
        out_of_the_ordinary(turns, text_no_end, (PyObject *)runner);
        return -1;
    }
    PyObject *accesses = NULL;
    bool shared = touch->shared;
    if (shared) {
        accesses = turns_accesses(turns, uses, number);
        if (accesses == NULL
            || turns_point(turns, runner, accesses, Py_None, no_text, Py_None, NAN) < 0) {
            Py_XDECREF(accesses);
            return -1;
        }
    }
    int failed = 0;
    for (int i = 0; i < number && !failed; i++) {
        failed = learn(turns, runner, touch, uses[i]);
    }
    if (!failed) {
        failed = append_all(turns, runner, uses, number);
    }
    if (!failed && touch->shared) {
        if (accesses == NULL) {
            accesses = turns_accesses(turns, uses, number);
        }
        failed = accesses == NULL ? -1 : came(runner, touch, half == NULL ? no_text : half, accesses);
    }
    Py_XDECREF(accesses);
    return failed;
}

/* A thread has used something that is no variable of the source, or one that is. */
int
turns_used(Turns *turns, Runner *runner, Use use)
{
    Segment *segment = segment_of(runner);
    if (segment == NULL) {
        return 0;
    }
    PyObject *access = access_of(turns, use);
    return access == NULL ? -1 : segment_used(segment, access);
}

/* As World has it. */

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
    if (access_type == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "nothing is under control");
        return NULL;
    }
    Turns *turns = (Turns *)type->tp_alloc(type, 0);
    if (turns == NULL) {
        return NULL;
    }
    turns->strategy = Py_NewRef(Py_None);
    turns->running = Py_NewRef(Py_None);
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
    if (begin((Turns *)self, (Runner *)thread, -1) < 0) {
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
    Runner *found = choose((Turns *)self, (Runner *)current, idle);
    return PyErr_Occurred() ? NULL : Py_NewRef(found == NULL ? Py_None : (PyObject *)found);
}

static PyObject *
hands_over(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    hand_over((Turns *)self, (Runner *)thread);
    Py_RETURN_NONE;
}

static PyObject *
lets(PyObject *self, PyObject *thread)
{
    IS_RUNNER(thread)
    if (switch_to((Turns *)self, (Runner *)thread) < 0) {
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
    {"time", T_DOUBLE, offsetof(Turns, time), 0, NULL},
    {"learnt", T_BOOL, offsetof(Turns, learnt), 0, NULL},
    {"over", T_BOOL, offsetof(Turns, over), 0, NULL},
    {"alone", T_BOOL, offsetof(Turns, alone), 0, NULL},
    {"tries", T_BOOL, offsetof(Turns, tries), 0, NULL},
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
