/* The locks that each thread holds.

   Sets of them are kept by where they were taken: their number is bounded by the source. */

#include "native.h"

#include <stdlib.h>
#include <string.h>

#define LOCK_SETS 4096
#define LOCKS_KEPT 6

typedef struct {
    _Atomic(bool) filled;
    uint32_t count;
    Touch *taken[LOCKS_KEPT];
} LockSet;

static LockSet lock_sets[LOCK_SETS]; /* the first is the empty one */
static atomic_flag lock_sets_busy = ATOMIC_FLAG_INIT;

/* A lock may be given back by another thread than took it, or die while it is held: as the
   one that each waiter of threading.Condition waits for. Its holder is sent a letter. */

typedef struct Letter {
    uint64_t lock;
    struct Letter *next;
} Letter;

void
locks_not_held(const Record *record)
{
    Thread *holder = record->holder ? thread_at(record->holder - 1) : NULL;
    bool gone = holder == NULL || atomic_load(&holder->ended);
    Letter *letter = gone ? NULL : malloc(sizeof(Letter));
    if (letter == NULL) {
        return;
    }
    letter->lock = record->number;
    letter->next = atomic_load(&holder->letters);
    while (!atomic_compare_exchange_weak(&holder->letters, &letter->next, letter)) {
    }
}

void
locks_burn_letters(Thread *thread)
{
    Letter *letter = atomic_exchange(&thread->letters, NULL);
    while (letter != NULL) {
        Letter *next = letter->next;
        free(letter);
        letter = next;
    }
}

void
locks_drop(Thread *thread, uint32_t at)
{
    memmove(&thread->locks_taken[at], &thread->locks_taken[at + 1],
            sizeof(TakenLock) * (thread->taken - at - 1));
    thread->taken--;
    thread->locks_changed = true;
}

void
locks_read_letters(Thread *thread)
{
    if (atomic_load_explicit(&thread->letters, memory_order_relaxed) == NULL) {
        return;
    }
    Letter *letter = atomic_exchange(&thread->letters, NULL);
    while (letter != NULL) {
        for (uint32_t i = thread->taken; i-- > 0;) {
            if (thread->locks_taken[i].number == letter->lock) {
                locks_drop(thread, i);
            }
        }
        Letter *next = letter->next;
        free(letter);
        letter = next;
    }
}

uint16_t
locks_number(Thread *thread)
{
    locks_read_letters(thread);
    if (!thread->locks_changed) {
        return thread->locks;
    }
    thread->locks_changed = false;
    thread->locks = thread->held = 0;
    if (thread->taken == 0) {
        return 0;
    }
    LockSet wanted = {.count = 0};
    uint64_t hash = 1;
    for (uint32_t i = 0; i < thread->taken; i++) {
        if (thread->locks_taken[i].touch == NULL) {
            continue;
        }
        thread->held |= thread->locks_taken[i].bit;
        if (wanted.count == LOCKS_KEPT) {
            continue;
        }
        wanted.taken[wanted.count] = thread->locks_taken[i].touch;
        hash = (hash ^ (uintptr_t)wanted.taken[wanted.count++]) * 0x9E3779B97F4A7C15u;
    }
    if (wanted.count == 0) {
        return 0;
    }
    uint32_t at = (uint32_t)(hash >> 40) % LOCK_SETS;
    for (uint32_t tries = 0; tries < 64; tries++, at = (at + 1) % LOCK_SETS) {
        if (at == 0) {
            continue;
        }
        LockSet *set = &lock_sets[at];
        if (!atomic_load_explicit(&set->filled, memory_order_acquire)) {
            while (atomic_flag_test_and_set(&lock_sets_busy)) {
            }
            if (!atomic_load(&set->filled)) {
                set->count = wanted.count;
                memcpy(set->taken, wanted.taken, sizeof(wanted.taken));
                atomic_store_explicit(&set->filled, true, memory_order_release);
            }
            atomic_flag_clear(&lock_sets_busy);
        }
        if (set->count == wanted.count
            && memcmp(set->taken, wanted.taken, sizeof(wanted.taken)) == 0) {
            return thread->locks = (uint16_t)at;
        }
    }
    return 0;
}

PyObject *
locks_list(uint16_t number)
{
    LockSet *set = &lock_sets[number];
    PyObject *list = PyTuple_New(number ? set->count : 0);
    for (uint32_t i = 0; list != NULL && number && i < set->count; i++) {
        Touch *touch = set->taken[i];
        PyTuple_SET_ITEM(list, i, PyLong_FromUnsignedLong(touch->number));
    }
    return list;
}
