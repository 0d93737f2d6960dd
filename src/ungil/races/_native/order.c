/* The order of threads: what locks, channels, starts and joins make known. */

#include "native.h"

#include <stdlib.h>

static Clocks *
record_clocks(Record *record)
{
    if (record->clocks == NULL) {
        record->clocks = calloc(1, sizeof(Clocks));
    }
    return record->clocks;
}

void
order_post(PyObject *channel)
{
    Thread *thread = thread_current();
    Record *record = thread == NULL ? NULL : record_get(channel);
    if (record == NULL) {
        return;
    }
    record_lock(record);
    Clocks *clocks = record_clocks(record);
    if (clocks != NULL) {
        clocks_learn(clocks, &thread->known);
    }
    record_unlock(record);
    thread_tick(thread);
}

void
order_receive(PyObject *channel)
{
    Thread *thread = thread_current();
    Record *record = thread == NULL ? NULL : record_find(channel);
    if (record == NULL) {
        return;
    }
    record_lock(record);
    if (record->clocks != NULL) {
        clocks_learn(&thread->known, record->clocks);
    }
    record_unlock(record);
}

static void
nested(Thread *thread, uint64_t number)
{
    uint64_t key = mixed(number, thread->index, thread->begun);
    for (uint32_t i = 0; i < thread->taken; i++) {
        TakenLock *one = &thread->locks_taken[i];
        key = mixed(key, one->number, (uintptr_t)one->near);
    }
    key = mixed(key, (uintptr_t)thread->last, 7);
    if (!is_new_of_late(key)) {
        return;
    }
    PyObject *before = PyList_New(0);
    for (uint32_t i = 0; before != NULL && i < thread->taken; i++) {
        TakenLock *one = &thread->locks_taken[i];
        PyObject *pair = Py_BuildValue("(KI)", (unsigned long long)one->number,
                                       one->near == NULL ? UINT32_MAX : one->near->number);
        if (pair == NULL || PyList_Append(before, pair) < 0) {
            Py_CLEAR(before);
        }
        Py_XDECREF(pair);
    }
    if (before == NULL) {
        PyErr_Clear();
        return;
    }
    TELL(0, thread, "nested", "INKI", thread->index, before, (unsigned long long)number,
         thread->last == NULL ? UINT32_MAX : thread->last->number);
}

/* A thread got a lock, `count` times at once; one that only tried would not have waited. */
void
order_acquire(PyObject *lock, uint32_t count, bool tried)
{
    Thread *thread = thread_current();
    Record *record = thread == NULL ? NULL : record_get(lock);
    if (record == NULL) {
        return;
    }
    if (record->unordered) {
        return;
    }
    if (record->thread != NULL) { /* the sentinel of a thread that has ended */
        clocks_learn(&thread->known, &record->thread->known);
        thread_joined(thread);
        TELL(0, thread, "joined", "II", thread->index, record->thread->index);
        return;
    }
    locks_read_letters(thread);
    for (uint32_t i = 0; i < thread->taken; i++) {
        if (thread->locks_taken[i].number == record->number) {
            thread->locks_taken[i].count += count;
            return;
        }
    }
    record_lock(record);
    record->holder = thread->index + 1;
    if (record->clocks != NULL) {
        clocks_learn(&thread->known, record->clocks);
    }
    if (record->bit == 0) {
        static _Atomic(uint32_t) locks;
        record->bit = (uint16_t)(1u << (atomic_fetch_add(&locks, 1) % 16));
    }
    uint16_t bit = record->bit;
    Touch *where = thread->last != NULL && thread->last->takes ? thread->last : NULL;
    record->named |= where != NULL;
    record_unlock(record);
    if (thread->taken && !tried) {
        nested(thread, record->number);
    }
    if (thread->taken == thread->taken_room) {
        uint32_t room = thread->taken_room ? thread->taken_room * 2 : 4;
        TakenLock *moved = realloc(thread->locks_taken, room * sizeof(TakenLock));
        if (moved == NULL) {
            return;
        }
        thread->locks_taken = moved;
        thread->taken_room = room;
    }
    thread->locks_taken[thread->taken++]
        = (TakenLock){record->number, where, thread->last, count, thread->time, bit};
    thread->locks_changed = true;
}

/* A thread is about to give a lock back; how often it held it. */
uint32_t
order_release(PyObject *lock, bool wholly)
{
    Thread *thread = thread_current();
    Record *record = thread == NULL ? NULL : record_get(lock);
    if (record == NULL || record->thread != NULL || record->unordered) {
        return 0;
    }
    uint32_t count = 1;
    bool firm = false, handed = false;
    for (uint32_t i = thread->taken; i-- > 0;) {
        if (thread->locks_taken[i].number == record->number) {
            count = thread->locks_taken[i].count;
            if (!wholly && count > 1) {
                thread->locks_taken[i].count--;
                return count;
            }
            /* What a library means by its locks is not known. */
            firm = thread->locks_taken[i].touch == NULL;
            locks_drop(thread, i);
            break;
        }
    }
    record_lock(record);
    if (record->holder != thread->index + 1) {
        locks_not_held(record);
        firm = true; /* it is handed over */
        handed = record->holder && record->named && !record->handed;
        record->handed |= handed;
    }
    record->holder = 0;
    Clocks *clocks = record_clocks(record);
    if (clocks != NULL) {
        clocks->clock.length = 0;
        clock_learn(&clocks->clock, &thread->known.clock);
        if (firm) {
            clock_learn(&clocks->firm, &thread->known.firm);
        }
    }
    uint64_t number = record->number;
    record_unlock(record);
    thread_tick(thread);
    if (handed) {
        TELL(0, thread, "handed", "K", (unsigned long long)number);
    }
    return count;
}

void
order_blocks(const char *what, const void *released)
{
    Thread *thread = thread_current();
    if (thread == NULL || thread->taken == 0 || thread->last == NULL) {
        return;
    }
    locks_read_letters(thread);
    if (thread->taken == 0) {
        return;
    }
    /* Waiting for a condition gives its own lock back. */
    Record *own = released == NULL ? NULL : record_find(released);
    if (own != NULL && thread->taken == 1 && thread->locks_taken[0].number == own->number) {
        return;
    }
    bool ours = false; /* what a library does with its own locks is its own affair */
    for (uint32_t i = 0; i < thread->taken; i++) {
        ours |= thread->locks_taken[i].touch != NULL;
    }
    if (!ours) {
        return;
    }
    uint64_t key = mixed((uintptr_t)thread->last, 3, locks_number(thread));
    if (!is_new(key)) {
        return;
    }
    PyObject *locks = locks_list(locks_number(thread));
    if (locks == NULL) {
        PyErr_Clear();
        return;
    }
    TELL(key, thread, "blocks", "IsN", thread->last->number, what, locks);
}

void
order_alias(PyObject *owner, PyObject *namespace)
{
    Record *record = record_get(namespace), *of = record_get(owner);
    if (record != NULL && of != NULL && !PyModule_Check(owner)) {
        record_lock(record);
        of->exposed = true;
        record->owner = owner;
        record->owner_number = of->number;
        record_unlock(record);
    }
}

/* Starting and ending threads. */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    Thread *thread;
    PyObject *handle;
} Started;

PyTypeObject *started_type;

static void
started_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Started *)self)->function);
    type->tp_free(self);
    Py_DECREF(type);
}

static int
started_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Started *)self)->function);
    return 0;
}

static PyObject *
started_repr(PyObject *self)
{
    return PyObject_Repr(((Started *)self)->function);
}

static PyObject *
started_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Started *started = (Started *)self;
    Thread *thread = started->thread;
    if (atomic_load(&watching)) {
        thread_enter(thread);
    }
    /* What runs may be all that holds the function's state. */
    PyObject *function = Py_NewRef(started->function);
    PyObject *result = PyObject_Call(function, args, kwargs);
    Py_DECREF(function);
    thread_enter(NULL);
    free(thread->recent);
    thread->recent = NULL;
    free(thread->locks_taken);
    thread->locks_taken = NULL;
    thread->taken = thread->taken_room = 0;
    thread_ended(thread);
    locks_read_letters(thread);
    return result;
}

static PyType_Slot started_slots[] = {
    {Py_tp_dealloc, started_dealloc},
    {Py_tp_traverse, started_traverse},
    {Py_tp_repr, started_repr},
    {Py_tp_call, started_call},
    {0, NULL},
};

PyType_Spec started_spec = {
    .name = "ungil.races._native.Started",
    .basicsize = sizeof(Started),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = started_slots,
};

PyObject *
order_starting(PyObject *function, Thread **child)
{
    Thread *thread = thread_current();
    if (thread == NULL) {
        return NULL;
    }
    Thread *made = thread_new(thread);
    Started *started = made == NULL ? NULL : PyObject_GC_New(Started, started_type);
    if (started == NULL) {
        return NULL;
    }
    /* PyObject_GC_New does not zero what is behind the head. */
    started->function = Py_NewRef(function);
    started->thread = made;
    started->handle = NULL;
    PyObject_GC_Track((PyObject *)started);
    clocks_learn(&made->known, &thread->known);
    thread_tick(thread);
    PyObject *owner = PyObject_GetAttrString(function, "__self__");
    if (owner != NULL) {
        made->name = PyObject_GetAttrString(owner, "_name");
        Py_DECREF(owner);
    }
    PyErr_Clear();
    if (made->name != NULL && !PyUnicode_CheckExact(made->name)) {
        Py_CLEAR(made->name);
    }
    TELL(0, thread, "forked", "IIO", thread->index, made->index,
         made->name == NULL ? Py_None : made->name);
    *child = made;
    return (PyObject *)started;
}

/* Who waits for an object waits for a thread. */
static void
stands_for(Record *record, Thread *thread)
{
    if (record == NULL) {
        return;
    }
    thread_keep(thread);
    record_lock(record);
    Thread *before = record->thread;
    record->thread = thread;
    record_unlock(record);
    if (before != NULL) {
        thread_let_go(before);
    }
}

void
order_started(PyObject *handle, Thread *child)
{
    stands_for(record_get(handle), child);
}

void
order_sentinel(PyObject *lock)
{
    Thread *thread = thread_current();
    stands_for(thread == NULL ? NULL : record_get(lock), thread);
}

void
order_join(PyObject *handle)
{
    Thread *thread = thread_current();
    Record *record = thread == NULL ? NULL : record_find(handle);
    if (record != NULL && record->thread != NULL && atomic_load(&record->thread->ended)) {
        clocks_learn(&thread->known, &record->thread->known);
        thread_joined(thread);
        TELL(0, thread, "joined", "II", thread->index, record->thread->index);
    }
}

void
order_join_all(void)
{
    Thread *thread = thread_current();
    if (thread == NULL) {
        return;
    }
    for (uint32_t i = 0; i < thread_number(); i++) {
        Thread *other = thread_at(i);
        if (other != NULL && atomic_load(&other->ended)) {
            clocks_learn(&thread->known, &other->known);
        }
    }
    thread_joined(thread);
}
