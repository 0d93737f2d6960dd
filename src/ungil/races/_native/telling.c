/* Telling the watcher of what was found, each thing once. */

#include "native.h"

PyObject *watcher; /* who is told; see watching.py */

bool
told(Thread *thread, PyObject *result)
{
    bool told = result != NULL;
    if (!told && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_MemoryError)
            || PyErr_ExceptionMatches(PyExc_RecursionError)) {
            PyErr_Clear();
        }
        else {
            PyErr_WriteUnraisable(watcher);
        }
    }
    Py_XDECREF(result);
    thread->busy = false;
    return told;
}

/* Which pairs were told. Several threads may find one at once; the exchange decides. */

#define PAIRS (1u << 16)
static _Atomic(uint64_t) pairs[PAIRS];
static _Atomic(bool) full, said_so;

static inline uint32_t
first_at(uint64_t key)
{
    return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 48);
}

/* 0 is free, 2 was given up, and all keys are odd. */
bool
is_new(uint64_t key)
{
    key |= 1;
    uint32_t at = first_at(key);
    for (uint32_t tries = 0; tries < 256; tries++, at = (at + 1) % PAIRS) {
        uint64_t known = atomic_load_explicit(&pairs[at], memory_order_relaxed);
        if (known == key) {
            return false;
        }
        if (known == 0 && atomic_compare_exchange_strong(&pairs[at], &known, key)) {
            return true;
        }
        if (known == key) {
            return false;
        }
    }
    atomic_store(&full, true);
    return false;
}

/* Of what has no bound in the source, such as each lock that is made: it may be told again. */
bool
is_new_of_late(uint64_t key)
{
    static _Atomic(uint64_t) late[1u << 12];
    return atomic_exchange_explicit(&late[first_at(key) >> 4], key, memory_order_relaxed) != key;
}

/* There is no more room to tell of what is found: that is told. */
void
tell_if_full(Thread *thread)
{
    if (atomic_load_explicit(&full, memory_order_relaxed) && !atomic_exchange(&said_so, true)) {
        TELL(0, thread, "full", NULL);
    }
}

/* It could not be told: no memory, or no stack was left. The next of its kind is. */
void
is_untold(uint64_t key)
{
    key |= 1;
    uint32_t at = first_at(key);
    for (uint32_t tries = 0; tries < 256; tries++, at = (at + 1) % PAIRS) {
        if (atomic_compare_exchange_strong(&pairs[at], &(uint64_t){key}, 2)) {
            return;
        }
    }
}

void
told_anew(void)
{
    atomic_store(&full, false);
    atomic_store(&said_so, false);
    for (uint32_t i = 0; i < PAIRS; i++) {
        atomic_store_explicit(&pairs[i], 0, memory_order_relaxed);
    }
}
