/* Locks under control: what is called in the place of their C functions.

   A plain lock keeps its real state, which tells who may go on; a re-entrant lock knows its
   owner by the thread that the machine runs, which may be one and the same here, so its
   state is kept beside it (after Fray: A. Li et al., OOPSLA 2025). Outside of an execution,
   and in threads that are not the program's, the originals are called. */

#include "control.h"

#include <math.h>
#include <string.h>

enum {
    ORIGINAL_ACQUIRE,
    ORIGINAL_RELEASE,
    ORIGINAL_R_ACQUIRE,
    ORIGINAL_R_RELEASE,
    ORIGINAL_R_IS_OWNED,
    ORIGINAL_R_RECURSION_COUNT,
    ORIGINAL_R_LOCKED,
    ORIGINAL_R_RELEASE_SAVE,
    ORIGINAL_R_ACQUIRE_RESTORE,
    ORIGINAL_GET_IDENT,
    ORIGINALS,
};

static const char *const names[ORIGINALS] = {
    "acquire",   "release",        "r_acquire",         "r_release", "r_is_owned", "r_recursion_count",
    "r_locked",  "r_release_save", "r_acquire_restore", "get_ident",
};

static PyObject *originals[ORIGINALS];
static PyObject *locked; /* of a plain lock: is it taken? */
static PyTypeObject *lock_type, *reentrant_type;
static PyObject *text_a_lock, *text_name, *text_blocking, *text_timeout;

/* Those that keep the library's own affairs in order, and nothing that its users do. */
static PyObject *of_library;

int
taking_set(PyObject *given, PyObject *library, PyObject *lock, PyObject *reentrant)
{
    for (int i = 0; i < ORIGINALS; i++) {
        Py_XSETREF(originals[i], Py_XNewRef(PyDict_GetItemString(given, names[i])));
    }
    Py_XSETREF(of_library, Py_NewRef(library));
    lock_type = (PyTypeObject *)Py_NewRef(lock);
    reentrant_type = (PyTypeObject *)Py_NewRef(reentrant);
    Py_XSETREF(locked, PyObject_GetAttrString(lock, "locked"));
    text_a_lock = PyUnicode_InternFromString("a lock");
    text_name = PyUnicode_InternFromString("__name__");
    text_blocking = PyUnicode_InternFromString("blocking");
    text_timeout = PyUnicode_InternFromString("timeout");
    return locked == NULL || text_a_lock == NULL || text_name == NULL || text_blocking == NULL
                   || text_timeout == NULL
               ? -1
               : 0;
}

#define CALL(name)                                                                          \
    PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names_)
#define HERE                                                                                \
    Runner *runner;                                                                         \
    if (!runner_here(&runner)) {                                                            \
        return NULL;                                                                        \
    }
#define AS_WITHOUT(which)                                                                   \
    (originals[which] == NULL                                                               \
         ? (PyErr_SetString(PyExc_RuntimeError, "nothing is under control"), NULL)          \
         : PyObject_Vectorcall(originals[which], args, (size_t)count, names_))

static bool
is_of_library(const PyObject *lock)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(of_library); i++) {
        if (PyTuple_GET_ITEM(of_library, i) == lock) {
            return true;
        }
    }
    return false;
}

/* Is this a thread that is being ended, in its `finally`? */
static bool
is_over(void)
{
    return turns_here != NULL && turns_here->over;
}

static int
is_locked(PyObject *lock)
{
    PyObject *told = PyObject_CallOneArg(locked, lock);
    int is = told == NULL ? -1 : told == Py_True;
    Py_XDECREF(told);
    return is;
}

int
lock_is_taken(Turns *turns, PyObject *lock)
{
    if (Py_IS_TYPE(lock, lock_type)) {
        return is_locked(lock);
    }
    if (!PyObject_TypeCheck(lock, reentrant_type)) {
        return -2;
    }
    Variable *known = turns_variable(turns, lock, PART_LOCK);
    return known == NULL ? -1 : known->count > 0;
}

/* What is kept of a lock, which must not die before, since it is known by its identity. */
static Variable *
state_of(Turns *turns, PyObject *lock)
{
    Variable *known = turns_variable(turns, lock, PART_LOCK);
    if (known != NULL && known->lock == NULL) {
        if (Py_IS_TYPE(lock, lock_type)) {
            int was_taken = is_locked(lock);
            if (was_taken < 0) {
                return NULL;
            }
            known->was_taken = was_taken;
        }
        known->lock = Py_NewRef(lock);
    }
    return known;
}

/* The execution has ended: locks are as they were before it. */
int
locks_restore(Turns *turns)
{
    for (uint32_t i = 0; i < turns->count; i++) {
        PyObject *lock = turns->variables[i].lock;
        if (lock == NULL || !Py_IS_TYPE(lock, lock_type) || turns->variables[i].was_taken) {
            continue;
        }
        int is = is_locked(lock);
        PyObject *released
            = is > 0 ? PyObject_CallOneArg(originals[ORIGINAL_RELEASE], lock) : NULL;
        if (is < 0 || (is && released == NULL)) {
            return -1;
        }
        Py_XDECREF(released);
    }
    return 0;
}

/* What a call asks for: how long to wait, negative for ever. False if the original is to say
   what is wrong with it. */
static bool
limit_of(PyObject *const *args, Py_ssize_t count, PyObject *names_, double *limit)
{
    PyObject *blocking = count > 1 ? args[1] : NULL, *timeout = count > 2 ? args[2] : NULL;
    *limit = -1;
    if (count > 3) {
        return false;
    }
    for (Py_ssize_t i = 0; names_ != NULL && i < PyTuple_GET_SIZE(names_); i++) {
        PyObject *name = PyTuple_GET_ITEM(names_, i);
        PyObject **where = PyUnicode_Compare(name, text_blocking) == 0  ? &blocking
                           : PyUnicode_Compare(name, text_timeout) == 0 ? &timeout
                                                                        : NULL;
        if (where == NULL || *where != NULL) {
            return false;
        }
        *where = args[count + i];
    }
    if (timeout != NULL) {
        *limit = PyFloat_AsDouble(timeout);
    }
    int blocks = blocking == NULL ? 1 : PyObject_IsTrue(blocking);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    if (*limit != -1 && (!blocks || *limit < 0)) {
        return false;
    }
    if (!blocks) {
        *limit = 0;
    }
    return true;
}

/* Does the program try a lock, rather than a condition that looks for its owner? */
static bool
is_asked_for(void)
{
    PyObject *globals = PyEval_GetGlobals();
    PyObject *name = globals == NULL ? NULL : PyDict_GetItemWithError(globals, text_name);
    return name == NULL || !PyUnicode_Check(name)
           || PyUnicode_CompareWithASCIIString(name, "threading") != 0;
}

/* Take a lock if nobody has it: 1 if so. */
static int
try_it(Turns *turns, Runner *runner, PyObject *lock)
{
    Variable *known = state_of(turns, lock);
    if (known == NULL) {
        return -1;
    }
    if (!Py_IS_TYPE(lock, lock_type)) {
        if (known->count) {
            return 0;
        }
        known->count = 1;
    }
    else {
        PyObject *args[] = {lock, Py_False};
        PyObject *told = PyObject_Vectorcall(originals[ORIGINAL_ACQUIRE], args, 2, NULL);
        if (told != Py_True) {
            Py_XDECREF(told);
            return told == NULL ? -1 : 0;
        }
        Py_DECREF(told);
    }
    known->holder = runner;
    return 1;
}

/* Take a lock of whichever kind: 0 if that ended for its time. */
static int
take(Turns *turns, Runner *runner, PyObject *lock, double limit)
{
    Use held = {lock, PART_HELD, USE_READS};
    Use uses[] = {held, {lock, PART_LOCK, USE_WRITES | USE_TAKES}};
    Use *used = uses + 1;
    int number = 1;
    double deadline = limit < 0 ? NAN : turns->time + limit;
    PyObject *blocked = limit == 0 ? Py_None : lock;
    bool fresh = runner->fresh;
    runner->fresh = false;
    if ((limit == 0 && fresh && is_asked_for()) || (limit > 0 && limit <= MOMENT)) {
        /* From now on it matters when a lock is given back: somebody looks whether it is. */
        turns->learnt |= !turns->tries;
        turns->tries = true;
        used = uses;
        number = 2;
    }
    bool comes = fresh && !turns->alone;
    PyObject *pending = comes ? turns_accesses(turns, used, number) : NULL;
    int got = comes ? -1 : 1;
    if (pending != NULL) {
        got = turns_point(turns, runner, pending, blocked, text_a_lock, lock, deadline);
        if (got == 0) {
            goto done;
        }
        if (got > 0 && turns_came(runner) < 0) {
            got = -1;
        }
    }
    while (got > 0 && (got = try_it(turns, runner, lock)) == 0) {
        if (pending == NULL && (pending = turns_accesses(turns, used, number)) == NULL) {
            got = -1;
        }
        else if (limit != 0) {
            got = turns_point(turns, runner, pending, blocked, text_a_lock, lock, deadline);
        }
        if (got == 0) {
            got = turns_used(turns, runner, held) < 0 ? -1 : 0;
            goto done;
        }
    }
    for (int i = 0; got > 0 && i < number; i++) {
        got = turns_used(turns, runner, used[i]) < 0 ? -1 : 1;
    }
    if (got > 0 && turns->tries) {
        held.how = USE_WRITES;
        got = turns_used(turns, runner, held) < 0 ? -1 : 1;
    }
done:
    Py_XDECREF(pending);
    return got;
}

/* A lock is given back, or will be next. */
static int
gives_back(Turns *turns, Runner *runner, PyObject *lock)
{
    if (turns->tries) {
        Use held = {lock, PART_HELD, USE_WRITES};
        if (!turns->alone) {
            PyObject *pending = turns_accesses(turns, &held, 1);
            int came_back = pending == NULL ? -1
                                            : turns_point(turns, runner, pending, Py_None,
                                                          text_a_lock, Py_None, NAN);
            Py_XDECREF(pending);
            if (came_back < 0) {
                return -1;
            }
        }
        if (turns_used(turns, runner, held) < 0) {
            return -1;
        }
    }
    Use use = {lock, PART_LOCK, USE_WRITES | USE_ORDERS};
    if (turns_used(turns, runner, use) < 0) {
        return -1;
    }
    Variable *known = turns_variable(turns, lock, PART_LOCK);
    if (known == NULL) {
        return -1;
    }
    known->holder = NULL;
    return 0;
}

static PyObject *
answer(int result)
{
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* Plain locks. */

CALL(lock_acquire)
{
    HERE
    double limit;
    if (!limit_of(args, count, names_, &limit) || (runner == NULL && !is_over())) {
        return AS_WITHOUT(ORIGINAL_ACQUIRE);
    }
    Turns *turns = turns_here;
    if (runner != NULL && !is_of_library(args[0])) {
        return state_of(turns, args[0]) == NULL ? NULL
                                                : answer(take(turns, runner, args[0], limit));
    }
    if (runner != NULL && state_of(turns, args[0]) == NULL) {
        return NULL;
    }
    PyObject *tried[] = {args[0], Py_False};
    PyObject *result = PyObject_Vectorcall(originals[ORIGINAL_ACQUIRE], tried, 2, NULL);
    if (runner != NULL || result == NULL) {
        return result;
    }
    bool got = result == Py_True;
    Py_DECREF(result);
    if (!got && limit != 0) {
        PyErr_SetNone(ended_type); /* whoever has it may have been ended before */
        return NULL;
    }
    Py_RETURN_TRUE;
}

/* Also at the end of a `with`, where more is given. */
CALL(lock_release)
{
    HERE
    if (runner != NULL && !is_of_library(args[0])
        && gives_back(turns_here, runner, args[0]) < 0) {
        return NULL;
    }
    return PyObject_CallOneArg(originals[ORIGINAL_RELEASE], args[0]);
}

/* Re-entrant locks. */

CALL(lock_r_acquire)
{
    if (is_over()) {
        Py_RETURN_TRUE;
    }
    HERE
    double limit;
    if (runner == NULL || !limit_of(args, count, names_, &limit)) {
        return AS_WITHOUT(ORIGINAL_R_ACQUIRE);
    }
    Variable *state = state_of(turns_here, args[0]);
    if (state == NULL) {
        return NULL;
    }
    if ((state->count && state->holder == runner) || is_of_library(args[0])) {
        state->holder = runner;
        state->count++;
        Py_RETURN_TRUE;
    }
    return answer(take(turns_here, runner, args[0], limit));
}

/* What is kept of a lock that this thread holds. */
static Variable *
held_by(Runner *runner, PyObject *lock)
{
    Variable *state = state_of(turns_here, lock);
    if (state != NULL && (state->count == 0 || state->holder != runner)) {
        PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
        return NULL;
    }
    return state;
}

static int
set_free(Runner *runner, PyObject *lock)
{
    Turns *turns = turns_here;
    if (!is_of_library(lock) && gives_back(turns, runner, lock) < 0) {
        return -1;
    }
    Variable *state = turns_variable(turns, lock, PART_LOCK);
    if (state == NULL) {
        return -1;
    }
    state->count = 0;
    state->holder = NULL;
    return 0;
}

CALL(lock_r_release)
{
    HERE
    if (runner == NULL) {
        if (is_over()) {
            Py_RETURN_NONE;
        }
        return PyObject_CallOneArg(originals[ORIGINAL_R_RELEASE], args[0]);
    }
    Variable *state = held_by(runner, args[0]);
    if (state == NULL) {
        return NULL;
    }
    if (state->count > 1) {
        state->count--;
    }
    else if (set_free(runner, args[0]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

CALL(lock_r_is_owned)
{
    HERE
    if (runner == NULL) {
        return is_over() ? Py_NewRef(Py_True) : AS_WITHOUT(ORIGINAL_R_IS_OWNED);
    }
    Variable *state = state_of(turns_here, args[0]);
    return state == NULL ? NULL : PyBool_FromLong(state->count && state->holder == runner);
}

CALL(lock_r_recursion_count)
{
    HERE
    if (runner == NULL) {
        return AS_WITHOUT(ORIGINAL_R_RECURSION_COUNT);
    }
    Variable *state = state_of(turns_here, args[0]);
    return state == NULL ? NULL
                         : PyLong_FromUnsignedLong(state->holder == runner ? state->count : 0);
}

CALL(lock_r_locked)
{
    HERE
    if (runner == NULL) {
        return AS_WITHOUT(ORIGINAL_R_LOCKED);
    }
    Variable *state = state_of(turns_here, args[0]);
    return state == NULL ? NULL : PyBool_FromLong(state->count > 0);
}

CALL(lock_r_release_save)
{
    HERE
    if (runner == NULL) {
        return is_over() ? Py_BuildValue("(ii)", 1, 0) : AS_WITHOUT(ORIGINAL_R_RELEASE_SAVE);
    }
    Variable *state = held_by(runner, args[0]);
    if (state == NULL) {
        return NULL;
    }
    unsigned times = state->count;
    return set_free(runner, args[0]) < 0 ? NULL : Py_BuildValue("(IO)", times, runner->ident);
}

CALL(lock_r_acquire_restore)
{
    HERE
    if (runner == NULL) {
        if (is_over()) {
            Py_RETURN_NONE;
        }
        return AS_WITHOUT(ORIGINAL_R_ACQUIRE_RESTORE);
    }
    unsigned times;
    PyObject *saved = count == 2 ? args[1] : Py_None;
    if (!PyTuple_Check(saved)) {
        PyErr_SetString(PyExc_TypeError, "not what _release_save gave");
        return NULL;
    }
    if (!PyArg_ParseTuple(saved, "IO", &times, &saved)
        || take(turns_here, runner, args[0], -1) < 0) {
        return NULL;
    }
    Variable *state = turns_variable(turns_here, args[0], PART_LOCK);
    if (state == NULL) {
        return NULL;
    }
    state->count = times;
    Py_RETURN_NONE;
}

/* Which thread runs? On threads of its own it is as the system says. */
CALL(lock_get_ident)
{
    Turns *turns = turns_here;
    return turns == NULL || !turns->on_one || turns->running == Py_None
               ? AS_WITHOUT(ORIGINAL_GET_IDENT)
               : Py_NewRef(((Runner *)turns->running)->ident);
}
