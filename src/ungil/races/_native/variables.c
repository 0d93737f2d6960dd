/* What is used in one execution: variables of objects, and locks.

   They stand in a table by object and part, in the order in which they were used first. A
   variable that two threads use, of which one writes, is shared, and so is each place that
   uses it. */

#include "control.h"

#include <stdlib.h>
#include <string.h>

static PyTypeObject *access_type;

int
variables_set(PyObject *access)
{
    Py_XSETREF(access_type, (PyTypeObject *)Py_NewRef(access));
    return 0;
}

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
    if (turns->latest < turns->count) { /* of one use it is asked several times */
        Variable *latest = &turns->variables[turns->latest];
        if (latest->object == object && latest->part == part) {
            return latest;
        }
    }
    uint32_t *slot = turns->room ? slot_of(turns, object, part) : NULL;
    if (slot != NULL && *slot) {
        turns->latest = *slot - 1;
        return &turns->variables[turns->latest];
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
    turns->latest = turns->count;
    *slot = ++turns->count;
    return variable;
}

void
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
PyObject *
variable_access(Turns *turns, Use use)
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
        PyObject *object = PyLong_FromVoidPtr((void *)use.object);
        PyObject *part = PyLong_FromUnsignedLongLong(use.part);
        PyObject *variable
            = object == NULL || part == NULL ? NULL : PyTuple_Pack(2, object, part);
        Py_XDECREF(object);
        Py_XDECREF(part);
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
        PyObject *access = variable_access(turns, uses[i]);
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
int
variable_learn(Turns *turns, Runner *runner, Touch *touch, Use use)
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
