/* The threads of the program, each with its clock; a number is never used again. */

#include "native.h"

#include <stdlib.h>

#define CHUNK 1024
#define CHUNKS 4096
static _Atomic(Thread **) chunks[CHUNKS];
static _Atomic(uint32_t) thread_count;
_Atomic(uint32_t) run; /* how often watching began */
static _Atomic(uint32_t) first_of_run;

/* One thread runs, and knows all that others did before they ended. What it does comes
   before all that any thread does later that it will start, so nothing of it need be kept. */
_Atomic(bool) alone;

LOCAL Thread *here;
LOCAL uint32_t here_run;
Thread gone; /* stands for a thread that has ended */

Thread *
thread_at(uint32_t index)
{
    Thread **chunk = atomic_load_explicit(&chunks[index / CHUNK], memory_order_acquire);
    return chunk == NULL ? NULL : chunk[index % CHUNK];
}

uint32_t
thread_number(void)
{
    return atomic_load(&thread_count);
}

Thread *
thread_new(void)
{
    Thread *thread = calloc(1, sizeof(Thread));
    if (thread == NULL) {
        return NULL;
    }
    atomic_store(&alone, false);
    uint32_t index = atomic_fetch_add(&thread_count, 1);
    if (index / CHUNK >= CHUNKS) {
        free(thread);
        return NULL;
    }
    Thread **chunk = atomic_load(&chunks[index / CHUNK]);
    if (chunk == NULL) {
        Thread **made = calloc(CHUNK, sizeof(Thread *));
        if (made == NULL) {
            free(thread);
            return NULL;
        }
        if (atomic_compare_exchange_strong(&chunks[index / CHUNK], &chunk, made)) {
            chunk = made;
        }
        else {
            free(made);
        }
    }
    thread->index = index;
    thread->time = 1;
    if (!clock_set(&thread->known.clock, index, 1)
        || !clock_set(&thread->known.firm, index, 1)) {
        free(thread);
        return NULL;
    }
    chunk[index % CHUNK] = thread;
    return thread;
}

Thread *
thread_enter(Thread *thread)
{
    if (thread != NULL && thread->recent == NULL) {
        thread->recent = calloc(RECENTS, sizeof(Recent));
        if (thread->recent == NULL) {
            thread = NULL;
        }
    }
    if (thread != NULL) {
        thread->ident = PyThread_get_thread_ident();
    }
    here = thread == NULL ? &gone : thread;
    here_run = atomic_load(&run);
    return thread;
}

Thread *
thread_found(void)
{
    if (!atomic_load(&watching)) {
        return NULL;
    }
    if (here != NULL && here_run == atomic_load(&run)) {
        return here == &gone || here->busy ? NULL : here;
    }
    return thread_enter(thread_new());
}

/* Watching begins, in the thread that calls. One that ran before will come in unasked. */
void
threads_anew(void)
{
    atomic_fetch_add(&run, 1);
    atomic_store(&first_of_run, thread_number());
    atomic_store(&watching, true);
    Thread *thread = thread_current();
    PyObject *module = PyImport_ImportModule("_thread");
    PyObject *others = module == NULL ? NULL : PyObject_CallMethod(module, "_count", NULL);
    atomic_store(&alone, thread != NULL && others != NULL && PyLong_AsLong(others) == 0);
    Py_XDECREF(others);
    Py_XDECREF(module);
    PyErr_Clear();
}

/* A thread has learnt of the end of another; is it alone now? */
void
thread_joined(const Thread *thread)
{
    uint32_t number = thread_number();
    for (uint32_t i = atomic_load(&first_of_run); i < number; i++) {
        Thread *other = thread_at(i);
        if (other != thread
            && (other == NULL || !atomic_load(&other->ended)
                || !thread_knows(thread, i, other->time))) {
            return;
        }
    }
    atomic_store(&alone, true);
}
