/* What is kept of the program's objects: by address, while they live.

   As in a sanitizer's shadow memory, the table follows the program's own pages, so that
   what is used together lies together. Pages of the table are never freed; a record is,
   when its object dies or its memory is used anew (see lifetimes.c). */

#include "native.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
void yield_processor(void) { SwitchToThread(); }
#else
#include <sched.h>
void yield_processor(void) { sched_yield(); }
#endif

#define PAGE_BITS 12
#define SLOTS (1u << (PAGE_BITS - 4)) /* objects are aligned to 16 bytes, or share a slot */
#define BUCKETS (1u << 16)

typedef struct Page {
    uintptr_t key;
    struct Page *next;
    _Atomic(Record *) slots[SLOTS];
} Page;

static _Atomic(Page *) buckets[BUCKETS];
static _Atomic(uint64_t) numbers;
_Atomic(uint32_t) generations[GENERATIONS];

uint64_t history;
_Atomic(uint64_t) shadow_count;
_Atomic(uint64_t) forgotten;

static inline Page *
page_find(uintptr_t key)
{
    Page *page = atomic_load_explicit(
        &buckets[(key ^ (key >> 16)) & (BUCKETS - 1)], memory_order_acquire);
    while (page != NULL && page->key != key) {
        page = page->next;
    }
    return page;
}

static Page *
page_get(uintptr_t key)
{
    Page *page = page_find(key);
    if (page != NULL) {
        return page;
    }
    Page *made = calloc(1, sizeof(Page));
    if (made == NULL) {
        return NULL;
    }
    made->key = key;
    _Atomic(Page *) *bucket = &buckets[(key ^ (key >> 16)) & (BUCKETS - 1)];
    made->next = atomic_load_explicit(bucket, memory_order_acquire);
    do {
        for (page = made->next; page != NULL; page = page->next) {
            if (page->key == key) {
                free(made); /* another thread was faster */
                return page;
            }
        }
    } while (!atomic_compare_exchange_weak(bucket, &made->next, made));
    return made;
}

static inline uintptr_t
key_of(const void *object)
{
    return (uintptr_t)object >> PAGE_BITS;
}

static inline unsigned
slot_of(const void *object)
{
    return ((uintptr_t)object >> 4) & (SLOTS - 1);
}

Record *
record_find(const void *object)
{
    Page *page = page_find(key_of(object));
    if (page == NULL) {
        return NULL;
    }
    return atomic_load_explicit(&page->slots[slot_of(object)], memory_order_acquire);
}

/* Where in its block an object begins: behind the collector's header, and behind the
   pointers to its attributes (Objects/typeobject.c, PyType_GenericAlloc). */
static unsigned
offset_of(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030D0000
    (void)object; /* only lifetimes.c asks, and there not since 3.13 */
    return 0;
#else
    PyTypeObject *type = Py_TYPE(object);
    if (type == NULL || !PyObject_IS_GC(object)) {
        return 0;
    }
#if PY_VERSION_HEX >= 0x030C0000
    return PyType_HasFeature(type, Py_TPFLAGS_PREHEADER) ? 32 : 16;
#else
    return PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT) ? 32 : 16;
#endif
#endif
}

Record *
record_get(const void *object)
{
    Page *page = page_get(key_of(object));
    if (page == NULL) {
        return NULL;
    }
    _Atomic(Record *) *slot = &page->slots[slot_of(object)];
    Record *record = atomic_load_explicit(slot, memory_order_acquire);
    if (record != NULL) {
        return record;
    }
    Record *made = calloc(1, sizeof(Record));
    if (made == NULL) {
        return NULL;
    }
    made->table = made->first;
    made->room = FIRST_ROOM;
    made->offset = (uint8_t)offset_of((PyObject *)object);
    made->number = 1 + atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed);
    if (!atomic_compare_exchange_strong(slot, &record, made)) {
        free(made);
        return record;
    }
    return made;
}

static void
drop_tables(Record *record)
{
    for (uint32_t i = 0; record->shadows && i < record->room; i++) {
        free(record->table[i].more);
    }
    if (record->table != record->first) {
        free(record->table);
    }
    if (history) {
        atomic_fetch_sub_explicit(&shadow_count, record->shadows, memory_order_relaxed);
    }
}

/* Drop the history of a record. Its lock is held, or its object is gone. */
void
record_clear(Record *record)
{
    drop_tables(record);
    memset(record->first, 0, sizeof(record->first));
    record->table = record->first;
    record->room = FIRST_ROOM;
    record->shadows = 0;
}

static _Atomic(bool) sweeping;
static _Atomic(Record *) graveyard;

static void record_free(Record *record);

/* A block of memory is given back: an object that began at this place in one is gone. */
void
record_forget_at(const void *object, unsigned offset)
{
    Record *record = record_find(object);
    if (record != NULL && record->offset == offset) {
        record_forget(object);
    }
}

/* An object dies, or is made where one was: nobody else can be using its record. */
void
record_forget(const void *object)
{
    Page *page = page_find(key_of(object));
    if (page == NULL) {
        return;
    }
    _Atomic(Record *) *slot = &page->slots[slot_of(object)];
    if (atomic_load_explicit(slot, memory_order_relaxed) == NULL) {
        return;
    }
    Record *record = atomic_exchange(slot, NULL);
    if (record == NULL) {
        return;
    }
    atomic_fetch_add_explicit(generation(object), 1, memory_order_release);
    if (!atomic_load(&sweeping)) {
        record_free(record);
        return;
    }
    /* The sweep may have found it before; it frees it in the end. */
    record->dead = atomic_load(&graveyard);
    while (!atomic_compare_exchange_weak(&graveyard, &record->dead, record)) {
    }
}

static void
record_free(Record *record)
{
    if (record->holder) {
        locks_not_held(record);
    }
    drop_tables(record);
    if (record->thread != NULL) {
        thread_let_go(record->thread);
        record->thread = NULL;
    }
    if (record->clocks != NULL) {
        clocks_free(record->clocks);
        free(record->clocks);
        record->clocks = NULL;
    }
    if (record->exposed) {
        /* Another thread may come here by its namespace, which can outlive it. */
        static _Atomic(Record *) late[256];
        static _Atomic(uint32_t) next;
        record = atomic_exchange(&late[atomic_fetch_add(&next, 1) % 256], record);
    }
    free(record);
}

/* Another run begins: what was known is of the one before, and of objects that may have
   died since, unseen. Nobody is watched, so nobody uses a record. */
void
records_anew(void)
{
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
        for (Page *page = atomic_load(&buckets[bucket]); page != NULL; page = page->next) {
            for (unsigned i = 0; i < SLOTS; i++) {
                Record *record = atomic_exchange(&page->slots[i], NULL);
                if (record != NULL) {
                    record->holder = 0;
                    record_free(record);
                }
            }
        }
    }
}

static void
free_all(Record *record)
{
    while (record != NULL) {
        Record *next = record->dead;
        record_free(record);
        record = next;
    }
}

/* Drop histories that were not used since the last sweep, until a quarter of the room is
   free. One thread sweeps; the others go on. */
void
record_sweep(void)
{
    static uint32_t hand; /* where the last sweep ended */
    static Record *before; /* taken out by the last sweep: who had found them is done by now */
    Record *retired = NULL;
    if (atomic_exchange(&sweeping, true)) {
        return;
    }
    for (uint32_t step = 0; step < 2 * BUCKETS; step++, hand = (hand + 1) & (BUCKETS - 1)) {
        if (atomic_load(&shadow_count) <= history - history / 4) {
            break;
        }
        for (Page *page = atomic_load(&buckets[hand]); page != NULL; page = page->next) {
            for (unsigned i = 0; i < SLOTS; i++) {
                Record *record = atomic_load(&page->slots[i]);
                if (record == NULL || atomic_exchange(&record->used, false)
                    || atomic_exchange_explicit(&record->lock, 1, memory_order_acquire)) {
                    continue;
                }
                atomic_fetch_add(&forgotten, record->shadows);
                record_clear(record);
                const void *object = (void *)((page->key << PAGE_BITS) | ((uintptr_t)i << 4));
                atomic_fetch_add_explicit(generation(object), 1, memory_order_release);
                bool plain = record->clocks == NULL && record->thread == NULL && !record->holder
                             && !record->unordered && !record->exposed && record->owner == NULL;
                Record *expected = record;
                if (plain && atomic_compare_exchange_strong(&page->slots[i], &expected, NULL)) {
                    record->dead = retired;
                    retired = record;
                }
                record_unlock(record);
            }
        }
    }
    free_all(atomic_exchange(&graveyard, NULL));
    free_all(before);
    before = retired;
    atomic_store(&sweeping, false);
}

static inline uint32_t
spread(uint64_t part)
{
    return (uint32_t)((part * 0x9E3779B97F4A7C15u) >> 32);
}

/* The shadow of a variable. The record's lock is held. NULL: there is none, or no memory. */
Shadow *
shadow_get(Record *record, uint64_t part, bool create)
{
    uint32_t mask = record->room - 1;
    uint32_t at = spread(part) & mask;
    for (; record->table[at].part; at = (at + 1) & mask) {
        if (record->table[at].part == part) {
            return &record->table[at];
        }
    }
    if (!create) {
        return NULL;
    }
    if ((record->shadows + 1) * 4 > record->room * 3) { /* one stays free */
        uint32_t room = record->room * 2;
        Shadow *table = calloc(room, sizeof(Shadow));
        if (table == NULL) {
            return NULL;
        }
        mask = room - 1;
        for (uint32_t i = 0; i < record->room; i++) {
            Shadow *shadow = &record->table[i];
            if (shadow->part) {
                for (at = spread(shadow->part) & mask; table[at].part; at = (at + 1) & mask) {
                }
                table[at] = *shadow;
            }
        }
        if (record->table != record->first) {
            free(record->table);
        }
        record->table = table;
        record->room = room;
        for (at = spread(part) & mask; table[at].part; at = (at + 1) & mask) {
        }
    }
    record->table[at].part = part;
    record->shadows++;
    if (history) {
        atomic_fetch_add_explicit(&shadow_count, 1, memory_order_relaxed);
    }
    return &record->table[at];
}

/* Clocks. */

static bool
clock_reserve(Clock *clock, uint32_t length)
{
    if (length > clock->room) {
        uint32_t room = clock->room ? clock->room : 4;
        while (room < length) {
            room *= 2;
        }
        uint32_t *times = realloc(clock->times, room * sizeof(uint32_t));
        if (times == NULL) {
            return false;
        }
        clock->times = times;
        clock->room = room;
    }
    if (length > clock->length) {
        memset(clock->times + clock->length, 0, (length - clock->length) * sizeof(uint32_t));
        clock->length = length;
    }
    return true;
}

bool
clock_learn(Clock *clock, const Clock *other)
{
    if (!clock_reserve(clock, other->length)) {
        return false;
    }
    for (uint32_t i = 0; i < other->length; i++) {
        if (other->times[i] > clock->times[i]) {
            clock->times[i] = other->times[i];
        }
    }
    return true;
}

bool
clock_set(Clock *clock, uint32_t thread, uint32_t time)
{
    if (!clock_reserve(clock, thread + 1)) {
        return false;
    }
    clock->times[thread] = time;
    return true;
}

bool
clocks_learn(Clocks *clocks, const Clocks *others)
{
    return clock_learn(&clocks->clock, &others->clock)
           && clock_learn(&clocks->firm, &others->firm);
}

void
clocks_free(Clocks *clocks)
{
    free(clocks->clock.times);
    free(clocks->firm.times);
    *clocks = (Clocks){0};
}
