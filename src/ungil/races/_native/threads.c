/* The threads of the program, each with its clock.

   One that has ended leaves its number to one that is started by who knows of its end. What the
   later one does comes after all that the earlier one did, so to the clocks they are one thread;
   else each clock would have an entry for every thread that ever ran. */

#include "native.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 1024
#define CHUNKS 4096
#define NAMES_KEPT 8

/* Of threads that nobody waits for so many are told apart; then the oldest gives its number
   away, and what it did counts as known to the one that gets it. */
#define MOST_UNKNOWN 1024
#define LOOKED_AT 256

/* A thread that had a number before, and the last moment of it. */
typedef struct {
    uint32_t until;
    PyObject *name; /* str, or NULL */
} Past;

typedef struct {
    _Atomic(Thread *) thread;
    uint32_t pasts;
    Past past[NAMES_KEPT]; /* the latest of them */
} Slot;

static _Atomic(Slot *) chunks[CHUNKS];
static atomic_flag slots_busy = ATOMIC_FLAG_INIT;

/* The numbers that may be given again, in the order in which their threads ended. */
static uint32_t *ended, ended_count, ended_room;

static void
slots_lock(void)
{
    while (atomic_flag_test_and_set(&slots_busy)) {
        yield_processor();
    }
}

static void
slots_unlock(void)
{
    atomic_flag_clear(&slots_busy);
}

static Slot *
slot_at(uint32_t index)
{
    Slot *chunk = index / CHUNK >= CHUNKS
                      ? NULL
                      : atomic_load_explicit(&chunks[index / CHUNK], memory_order_acquire);
    return chunk == NULL ? NULL : &chunk[index % CHUNK];
}

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
    Slot *slot = slot_at(index);
    return slot == NULL ? NULL : atomic_load_explicit(&slot->thread, memory_order_acquire);
}

/* What the thread was called that had a number at a time; a new reference. */
PyObject *
thread_name(uint32_t index, uint32_t time)
{
    PyObject *name = NULL;
    bool lost = false;
    slots_lock();
    Slot *slot = slot_at(index);
    Thread *thread = slot == NULL ? NULL : atomic_load(&slot->thread);
    if (thread != NULL) {
        name = thread->name;
        for (uint32_t i = slot->pasts; i-- > 0 && slot->pasts - i <= NAMES_KEPT;) {
            Past *past = &slot->past[i % NAMES_KEPT];
            if (past->until < time) {
                break;
            }
            name = past->name;
            lost = i > 0 && slot->pasts - i == NAMES_KEPT; /* it may be an earlier one */
        }
    }
    name = lost ? NULL : Py_NewRef(name == NULL ? Py_None : name);
    slots_unlock();
    return lost ? PyUnicode_FromString("a thread that has ended") : name;
}

void
thread_keep(Thread *thread)
{
    atomic_fetch_add(&thread->kept, 1);
}

/* Whoever kept it does so no more. */
void
thread_let_go(Thread *thread)
{
    if (atomic_fetch_sub(&thread->kept, 1) > 1) {
        return;
    }
    /* Another may have found it by its number just before that went to the next. */
    static _Atomic(Thread *) late[1024];
    static _Atomic(uint32_t) next;
    thread = atomic_exchange(&late[atomic_fetch_add(&next, 1) % 1024], thread);
    if (thread != NULL) {
        clocks_free(&thread->known);
        locks_burn_letters(thread);
        free(thread);
    }
}

/* The number of a thread that has ended, of which the starter of another knows; the slots are
   locked. */
static bool
number_again(const Thread *starter, uint32_t *index)
{
    uint32_t last = ended_count > LOOKED_AT ? ended_count - LOOKED_AT : 0;
    for (uint32_t i = ended_count; i-- > last;) {
        const Thread *thread = thread_at(ended[i]);
        if (thread_knows_firmly(starter, thread->index, thread->time)) {
            *index = ended[i];
            ended_count--;
            memmove(&ended[i], &ended[i + 1], sizeof(uint32_t) * (ended_count - i));
            return true;
        }
    }
    if (ended_count <= MOST_UNKNOWN) {
        return false;
    }
    *index = ended[0];
    ended_count--;
    memmove(&ended[0], &ended[1], sizeof(uint32_t) * ended_count);
    return true;
}

/* All that a thread does has been done. */
void
thread_ended(Thread *thread)
{
    slots_lock();
    atomic_store(&thread->ended, true);
    if (ended_count == ended_room) {
        uint32_t room = ended_room ? ended_room * 2 : 64;
        uint32_t *moved = realloc(ended, room * sizeof(uint32_t));
        if (moved != NULL) {
            ended = moved;
            ended_room = room;
        }
    }
    if (ended_count < ended_room && thread->run == atomic_load(&run)) {
        ended[ended_count++] = thread->index;
    }
    slots_unlock();
}

uint32_t
thread_number(void)
{
    return atomic_load(&thread_count);
}

/* A thread gets the number of an earlier one; the slots are locked. Gives a name to let go of. */
static PyObject *
take_over(Slot *slot, Thread *thread)
{
    Thread *before = atomic_load(&slot->thread);
    Past *past = &slot->past[slot->pasts++ % NAMES_KEPT];
    PyObject *forgotten = past->name;
    *past = (Past){before->time, before->name};
    before->name = NULL;
    atomic_store_explicit(&slot->thread, thread, memory_order_release);
    return forgotten;
}

/* A thread that another is about to start; or one that came in unasked, of which NULL knows. */
Thread *
thread_new(const Thread *starter)
{
    Thread *thread = calloc(1, sizeof(Thread));
    if (thread == NULL) {
        return NULL;
    }
    atomic_store(&alone, false);
    atomic_store(&thread->kept, 1);
    thread->run = atomic_load(&run);
    PyObject *forgotten = NULL;
    slots_lock();
    bool again = starter != NULL && number_again(starter, &thread->index);
    if (!again) {
        thread->index = atomic_load(&thread_count);
    }
    Slot *slot = slot_at(thread->index);
    if (slot == NULL && thread->index / CHUNK < CHUNKS) {
        Slot *made = calloc(CHUNK, sizeof(Slot));
        atomic_store(&chunks[thread->index / CHUNK], made);
        slot = slot_at(thread->index);
    }
    Thread *before = again ? atomic_load(&slot->thread) : NULL;
    thread->time = thread->begun = again ? before->time + 1 : 1;
    if (slot == NULL || !clock_set(&thread->known.clock, thread->index, thread->time)
        || !clock_set(&thread->known.firm, thread->index, thread->time)) {
        slots_unlock();
        clocks_free(&thread->known);
        free(thread);
        return NULL;
    }
    if (again) {
        forgotten = take_over(slot, thread);
    }
    else {
        atomic_store_explicit(&slot->thread, thread, memory_order_release);
        atomic_fetch_add(&thread_count, 1);
    }
    slots_unlock();
    if (before != NULL) {
        thread_let_go(before);
    }
    Py_XDECREF(forgotten);
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
    return thread_enter(thread_new(NULL));
}

/* Watching begins, in the thread that calls. One that ran before will come in unasked. */
void
threads_anew(void)
{
    atomic_fetch_add(&run, 1);
    atomic_store(&first_of_run, thread_number());
    ended_count = 0;
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
