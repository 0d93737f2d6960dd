/* Taking turns: a thread that is about to use what threads may share lets another go on first,
   if that is chosen.

   Where threads are greenlets this file switches them itself; otherwise their carrier is
   asked to. */

#include "control.h"

#include <math.h>

#define MOST_USES 500000

LOCAL Turns *turns_here;
PyObject *ended_type;

static PyObject *text_switch, *text_to, *text_here, *text_carrier, *text_settle;

int
turns_set(PyObject *ended)
{
    Py_XSETREF(ended_type, Py_NewRef(ended));
    text_switch = PyUnicode_InternFromString("switch");
    text_to = PyUnicode_InternFromString("to");
    text_here = PyUnicode_InternFromString("here");
    text_carrier = PyUnicode_InternFromString("_carrier");
    text_settle = PyUnicode_InternFromString("settle");
    return text_switch == NULL || text_to == NULL || text_here == NULL || text_carrier == NULL
                   || text_settle == NULL
               ? -1
               : 0;
}

/* From now on it is this one that runs, with what is its own. */
void
turns_hand_over(Turns *turns, Runner *runner)
{
    PyObject *before = turns->running;
    turns->running = Py_NewRef(runner);
    if (before != (PyObject *)runner && before != Py_None) {
        hooks_own(((Runner *)before)->own, runner->own);
    }
    Py_DECREF(before);
}

/* Another goes on, or nobody, until somebody lets this one. */
int
turns_switch(Turns *turns, Runner *runner)
{
    PyObject *result;
    if (turns->on_one && runner != NULL) {
        turns_hand_over(turns, runner);
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

/* Who was away and has been woken comes to its next point before anybody is chosen. */
static int
settle(Turns *turns)
{
    bool away = false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(turns->alive); i++) {
        away |= ((Runner *)PyList_GET_ITEM(turns->alive, i))->away;
    }
    if (!away) {
        return 0;
    }
    PyObject *carrier = PyObject_GetAttr((PyObject *)turns, text_carrier);
    PyObject *result
        = carrier == NULL ? NULL : PyObject_CallMethodNoArgs(carrier, text_settle);
    Py_XDECREF(carrier);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
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
        int failed = turns_switch(turns, (Runner *)starter);
        Py_DECREF(starter);
        if (failed) {
            return -1;
        }
    }
    else {
        if (!turns->on_one && settle(turns) < 0) {
            return -1;
        }
        Runner *chosen = turns_choose(turns, runner, 0);
        if (PyErr_Occurred() || (chosen != runner && turns_switch(turns, chosen) < 0)) {
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

int
turns_came(Runner *runner)
{
    return runner->point == NULL ? 0 : segment_came(runner, runner->point, no_text, no_accesses);
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
        turns_no_end(turns, runner);
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
        failed = variable_learn(turns, runner, touch, uses[i]);
    }
    if (!failed) {
        failed = append_all(turns, runner, uses, number);
    }
    if (!failed && touch->shared) {
        if (accesses == NULL) {
            accesses = turns_accesses(turns, uses, number);
        }
        failed = accesses == NULL ? -1 : segment_came(runner, touch, half == NULL ? no_text : half, accesses);
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
    PyObject *access = variable_access(turns, use);
    return access == NULL ? -1 : segment_used(segment, access);
}
