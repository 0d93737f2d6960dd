/* Who goes on: who can, and whom the strategy chooses of these. */

#include "control.h"

#include <math.h>

#define MOST_STEPS 20000

static PyObject *text_choose, *text_stuck, *text_astray, *text_no_end, *text_prune;

int
choosing_set(void)
{
    text_choose = PyUnicode_InternFromString("choose");
    text_stuck = PyUnicode_InternFromString("_stuck");
    text_astray = PyUnicode_InternFromString("_astray");
    text_no_end = PyUnicode_InternFromString("_no_end");
    text_prune = PyUnicode_InternFromString("_prune");
    return text_choose == NULL || text_stuck == NULL || text_astray == NULL || text_no_end == NULL
                   || text_prune == NULL
               ? -1
               : 0;
}

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
   are more there is a list. Was somebody away meanwhile? */
static int
ready(Turns *turns, double idle, Runner **first, PyObject **list, bool *away)
{
    Runner *timed = NULL; /* time comes to the first deadline first, whoever waits for it */
    Py_ssize_t count = 0;
    *away = false;
    *first = NULL;
    *list = NULL;
    for (Py_ssize_t i = 0; i <= PyList_GET_SIZE(turns->alive); i++) {
        Runner *one;
        if (i == PyList_GET_SIZE(turns->alive)) {
            bool strikes = timed != NULL && (timed->pauses || count == 0)
                           && has_come(turns, timed, *away, idle);
            one = strikes ? timed : NULL;
        }
        else {
            one = (Runner *)PyList_GET_ITEM(turns->alive, i);
            bool is_away = one->away; /* it may come back at any time */
            *away |= is_away;
            if (is_away || one->starter != Py_None) {
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

/* A thread has done more than one that ends does. */
void
turns_no_end(Turns *turns, Runner *runner)
{
    out_of_the_ordinary(turns, text_no_end, (PyObject *)runner);
}

/* Who has the highest priority; NULL if the strategy has to be asked. Borrowed. */
static Runner *
highest(const Turns *turns, PyObject *list, const Runner *current)
{
    Runner *found = NULL;
    if (PyList_GET_SIZE(turns->choices) >= turns->asks_from || current->pauses) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        Runner *one = (Runner *)PyList_GET_ITEM(list, i);
        if (isnan(one->priority)) {
            return NULL;
        }
        found = found == NULL || one->priority > found->priority ? one : found;
    }
    return found;
}

/* Whom the strategy chooses; borrowed. */
static Runner *
asked(Turns *turns, PyObject *list, Runner *current)
{
    PyObject *given[] = {turns->strategy, list, (PyObject *)current, (PyObject *)turns};
    PyObject *found = PyObject_VectorcallMethod(text_choose, given, 4, NULL);
    if (found == NULL
        && (PyErr_ExceptionMatches(PyExc_LookupError)
            || PyErr_ExceptionMatches(PyExc_RuntimeError))) {
        PyObject *type, *error, *trace;
        PyErr_Fetch(&type, &error, &trace);
        PyErr_NormalizeException(&type, &error, &trace);
        found = PyObject_CallMethodObjArgs((PyObject *)turns, text_astray, list, current, error,
                                           NULL);
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(trace);
    }
    if (found == Py_None) {
        out_of_the_ordinary(turns, text_prune, NULL);
    }
    else if (found != NULL && !Py_IS_TYPE(found, runner_type)) {
        PyErr_SetString(PyExc_TypeError, "a strategy chose what is no thread");
    }
    Runner *runner = found != NULL && Py_IS_TYPE(found, runner_type) ? (Runner *)found : NULL;
    Py_XDECREF(found); /* it is one of `threads` */
    return runner;
}

/* Who goes on; borrowed. NULL if nobody does: for an exception, or before somebody comes
   back who is away. */
Runner *
turns_choose(Turns *turns, Runner *current, double idle)
{
    Runner *chosen;
    PyObject *list;
    bool away;
    if (ready(turns, idle, &chosen, &list, &away) < 0) {
        return NULL;
    }
    if (chosen == NULL) {
        /* Unless somebody was away, this ends the execution. */
        Py_XDECREF(PyObject_CallMethodOneArg((PyObject *)turns, text_stuck,
                                             away ? Py_True : Py_False));
        return NULL;
    }
    if (PyList_GET_SIZE(turns->segments) > MOST_STEPS) {
        Py_XDECREF(list);
        turns_no_end(turns, current);
        return NULL;
    }
    if (list == NULL) {
        if (segment_begin(turns, chosen, -1) < 0) {
            return NULL;
        }
    }
    else {
        chosen = highest(turns, list, current);
        chosen = chosen == NULL ? asked(turns, list, current) : chosen;
        Py_DECREF(list);
        if (chosen == NULL || segment_begin(turns, chosen, PyList_GET_SIZE(turns->choices)) < 0
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
