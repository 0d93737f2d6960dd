/* An access is compared with those before it, and remembered: FastTrack's step. */

#include "native.h"

#include <stdlib.h>

#define MOST_FOUND 16
#define MOST_READS 64

typedef struct {
    Seen first;
    Kind kind;
    bool exclusive; /* a lock that both held keeps them apart, whichever comes first */
} Found;

static void
against(const Thread *thread, const Seen *seen, Kind kind, Found *found, int *count)
{
    if (seen->time == 0 || *count == MOST_FOUND) {
        return;
    }
    bool known = thread_knows(thread, seen->thread, seen->time);
    if (known && (!(seen->held & thread->held)
                  || thread_knows_firmly(thread, seen->thread, seen->time))) {
        return;
    }
    found[(*count)++] = (Found){*seen, kind, known};
}

/* Does it come before what the thread does now, so that neither chance nor a lock matters? Of
   what only locks order too much is not kept. */
static bool
is_before(const Thread *thread, const Seen *seen, const Reads *more)
{
    return thread_knows(thread, seen->thread, seen->time)
           && (!seen->held || (more != NULL && more->length > MOST_READS)
               || thread_knows_firmly(thread, seen->thread, seen->time));
}

#define MOST_BEFORE 3 /* writes before the last one, which are kept among `more` */

static bool
more_room(Shadow *shadow, uint32_t length)
{
    if (shadow->more == NULL || length >= shadow->more->room) {
        uint32_t room = length ? length * 2 : 2;
        Reads *moved = realloc(shadow->more, sizeof(Reads) + room * sizeof(Seen));
        if (moved == NULL) {
            return false;
        }
        moved->room = room;
        moved->length = length;
        shadow->more = moved;
    }
    return true;
}

/* Of what is kept only the writes go on to be, which the thread that writes now made elsewhere
   in the same epoch; the latest first. */
static void
keep_before(Shadow *shadow, const Seen *now)
{
    const Seen last = shadow->write;
    Reads *more = shadow->more;
    bool same = last.time == now->time && last.thread == now->thread;
    bool elsewhere = same && last.touch != now->touch;
    uint32_t kept = 0;
    for (uint32_t i = 0; same && more != NULL && i < more->length; i++) {
        if (more->seen[i].mode != READ && more->seen[i].touch != now->touch
            && kept + elsewhere < MOST_BEFORE) {
            more->seen[kept++] = more->seen[i];
        }
    }
    if (elsewhere && more_room(shadow, kept)) {
        more = shadow->more;
        memmove(&more->seen[1], &more->seen[0], kept * sizeof(Seen));
        more->seen[0] = last;
        kept++;
    }
    if (more != NULL) {
        more->length = kept;
    }
}

/* FastTrack's step for one variable; as HappensBefore._access has it. */
static void
step(Thread *thread, Shadow *shadow, const Seen *seen, Kind kind, Found *found, int *count)
{
    against(thread, &shadow->write, kind, found, count);
    bool writes = seen->mode != READ;
    Reads *more = shadow->more;
    if (writes) {
        against(thread, &shadow->read, kind, found, count);
        for (uint32_t i = 0; more != NULL && i < more->length; i++) {
            against(thread, &more->seen[i], kind, found, count);
        }
        keep_before(shadow, seen);
        shadow->write = *seen;
        shadow->read = (Seen){0};
        return;
    }
    /* Reads that come before this one are told by this one. */
    if (more != NULL) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < more->length; i++) {
            const Seen one = more->seen[i];
            if (one.mode != READ) {
                against(thread, &one, kind, found, count);
            }
            if (one.mode != READ || !is_before(thread, &one, more)) {
                more->seen[kept++] = one;
            }
        }
        more->length = kept;
    }
    if (shadow->read.time && !is_before(thread, &shadow->read, more)) {
        uint32_t length = more == NULL ? 0 : more->length;
        if (more_room(shadow, length)) {
            shadow->more->seen[shadow->more->length++] = shadow->read;
        }
    }
    shadow->read = *seen;
}

static inline bool
is_by(const Thread *thread, const Seen *seen, const Touch *touch)
{
    /* One that has ended may have had its number. */
    return seen->touch == touch && seen->thread == thread->index && seen->time >= thread->begun;
}

static bool
did(const Thread *thread, const Shadow *shadow, const Touch *touch)
{
    if (shadow == NULL) {
        return false;
    }
    if (is_by(thread, &shadow->read, touch) || is_by(thread, &shadow->write, touch)) {
        return true;
    }
    for (uint32_t i = 0; shadow->more != NULL && i < shadow->more->length; i++) {
        if (is_by(thread, &shadow->more->seen[i], touch)) {
            return true;
        }
    }
    return false;
}

/* Has the thread let go of its locks since, and holds one again? */
static bool
has_parted(const Thread *thread, uint32_t time)
{
    bool holds = false;
    for (uint32_t i = 0; i < thread->taken; i++) {
        if (thread->locks_taken[i].touch != NULL) {
            holds = true;
            if (thread->locks_taken[i].since <= time) {
                return false;
            }
        }
    }
    return holds && time != thread->time;
}

typedef struct {
    uint8_t at_once;
    uint8_t parted;
} Followed;

/* Which of the touches that this one may follow from did touch the same variable, and were not
   known to? The record's lock is held. */
static Followed
followed(Thread *thread, Record *record, const void *object, Touch *touch, uint64_t part)
{
    Followed seen = {
        atomic_load_explicit(&touch->followed, memory_order_relaxed),
        atomic_load_explicit(&touch->parted, memory_order_relaxed),
    };
    Followed new = {0, 0};
    for (int i = 0; i < touch->afters; i++) {
        Touch *earlier = touch->after[i].touch;
        uint8_t bit = (uint8_t)(1u << i);
        if ((seen.at_once & bit) && ((seen.parted & bit) || thread->taken == 0)) {
            continue;
        }
        Recent *entry = recent(thread, object, earlier, part);
        if (entry->object == object && entry->touch == earlier && entry->part == part) {
            *(has_parted(thread, entry->time) ? &new.parted : &new.at_once) |= bit;
        }
        else if (did(thread, shadow_get(record, part, false), earlier)
                 || did(thread, shadow_get(record, PART_STRUCTURE, false), earlier)) {
            new.at_once |= bit;
        }
    }
    if (new.at_once & ~seen.at_once) {
        new.at_once &= (uint8_t)~atomic_fetch_or(&touch->followed, new.at_once);
    }
    if (new.parted & ~seen.parted) {
        new.parted &= (uint8_t)~atomic_fetch_or(&touch->parted, new.parted);
    }
    return (Followed){new.at_once & ~seen.at_once, new.parted & ~seen.parted};
}

/* Likewise, which of them read an item of what this one writes all of. Only a value counts: who
   asked for an item and then empties the whole did not mean that item. */
static uint8_t
followed_items(Thread *thread, Record *record, Touch *touch)
{
    uint8_t seen = atomic_load_explicit(&touch->followed, memory_order_relaxed), new = 0;
    for (int i = 0; i < touch->afters; i++) {
        uint8_t bit = (uint8_t)(1u << i);
        for (uint32_t j = 0; !touch->after[i].check && !((seen | new) & bit) && j < record->room;
             j++) {
            Shadow *item = &record->table[j];
            if (item->part >= FIRST_FREE && did(thread, item, touch->after[i].touch)) {
                new |= bit;
            }
        }
    }
    return new ? (uint8_t)(new & ~atomic_fetch_or(&touch->followed, new)) : 0;
}

static void
tell_compounds(Thread *thread, const Touch *touch, uint8_t which, PyObject *parted)
{
    for (int i = 0; which && i < touch->afters; i++) {
        if (which & (1u << i)) {
            TELL(0, thread, "compound", "IIOO", touch->after[i].touch->number, touch->number,
                 touch->after[i].check ? Py_True : Py_False, parted);
        }
    }
}

static PyObject *
kind_of(PyObject *object)
{
    if (PyModule_Check(object)) {
        return PyUnicode_FromFormat("module %S", PyModule_GetNameObject(object));
    }
    if (PyCell_Check(object)) {
        return PyUnicode_FromString("function");
    }
    if (PyType_Check(object)) {
        return PyUnicode_FromFormat("class %s", ((PyTypeObject *)object)->tp_name);
    }
    return PyUnicode_FromString(Py_TYPE(object)->tp_name);
}

/* The parts of an object that one operation accesses, at one moment. */
/* What a thread takes out of a container may have been put there after we were told that it
   is about to, and before it does. It has not used it yet. */
static void
learn_what_it_took(Thread *thread)
{
    const void *container = thread->took;
    thread->took = NULL;
    Record *record = record_find(container);
    if (record != NULL && record->number == thread->took_number) {
        order_receive((PyObject *)container);
    }
}

void
access_all(Thread *thread, PyObject *object, PyObject *shown, Touch *touch,
           const Access *accesses, int number)
{
    if (thread->took != NULL) {
        learn_what_it_took(thread);
    }
    Record *record = record_get(object);
    if (record == NULL) {
        return;
    }
    if (record->owner != NULL) { /* an object's own namespace */
        Record *owner = record_find(record->owner);
        if (owner != NULL && owner->number == record->owner_number) {
            object = shown = (PyObject *)record->owner;
            record = owner;
        }
    }
    Found found[MOST_FOUND];
    uint8_t modes[MOST_FOUND];
    bool iterates[MOST_FOUND];
    int count = 0;
    Followed compounds = {0, 0};
    uint16_t stack = 0, locks = locks_number(thread); /* which brings `held` up to date, too */

    record_lock(record);
    atomic_store_explicit(&record->used, true, memory_order_relaxed);
    if (!record->made) {
        record->maker = thread->index;
        record->fresh = touch->initialises && accesses->kind == ATTRIBUTE
                        && !PyType_Check(object);
        record->made = record->left = thread->time;
    }
    else if (!record->shared) {
        if (record->maker == thread->index) {
            record->left = thread->time;
        }
        else {
            /* Who gets hold of an object that another thread has made since comes after
               that, however it got hold of it: there was no way to it before. */
            record->shared = true;
            /* Who was alone with it until now need not have told of all. */
            atomic_fetch_add_explicit(generation(object), 1, memory_order_release);
            if (record->fresh && !thread_knows(thread, record->maker, record->made)) {
                thread_comes_after(thread, record->maker, record->left);
            }
        }
    }
    for (int i = 0; i < number; i++) {
        const Access *access = &accesses[i];
        if (touch->afters) {
            Followed new = followed(thread, record, object, touch, access->part);
            compounds.at_once |= new.at_once;
            compounds.parted |= new.parted;
            if (access->whole && access->kind == STRUCTURE) {
                compounds.at_once |= followed_items(thread, record, touch);
            }
        }
        Shadow *shadow = shadow_get(record, access->part, true);
        if (shadow == NULL) {
            break;
        }
        /* Of the accesses of one place by one thread at one moment the calls of the first do. */
        if (shadow->write.touch == touch && shadow->write.thread == thread->index
            && shadow->write.time == thread->time) {
            stack = shadow->write.stack;
        }
        else if (shadow->read.touch == touch && shadow->read.thread == thread->index
                 && shadow->read.time == thread->time) {
            stack = shadow->read.stack;
        }
        else if (stack == 0) {
            stack = stack_number();
        }
        Seen seen = {
            .thread = thread->index,
            .time = thread->time,
            .touch = touch,
            .locks = locks,
            .stack = stack,
            .mode = access->mode,
            .iterates = access->iterates,
            .held = thread->held,
        };
        int from = count;
        step(thread, shadow, &seen, access->kind, found, &count);
        if (access->kind == ITEM || access->kind == ATTRIBUTE) {
            Shadow *all = shadow_get(record, PART_ALL, false);
            if (all != NULL) {
                against(thread, &all->write, access->kind, found, &count);
            }
        }
        if (access->whole) {
            for (uint32_t j = 0; j < record->room; j++) {
                Shadow *item = &record->table[j];
                if (item->part < FIRST_FREE) {
                    continue;
                }
                Kind kind = access->kind == ATTRIBUTE ? ATTRIBUTE : ITEM;
                against(thread, &item->write, kind, found, &count);
                against(thread, &item->read, kind, found, &count);
                for (uint32_t k = 0; item->more != NULL && k < item->more->length; k++) {
                    against(thread, &item->more->seen[k], kind, found, &count);
                }
            }
            Shadow *all = shadow_get(record, PART_ALL, true);
            if (all != NULL) {
                all->write = seen;
            }
        }
        for (; from < count; from++) {
            modes[from] = access->mode;
            iterates[from] = access->iterates;
        }
    }
    uint64_t owner = record->number;
    record_unlock(record);

    for (int i = 0; i < count; i++) {
        Seen *first = &found[i].first;
        uint64_t key
            = mixed((uintptr_t)first->touch, (uintptr_t)touch,
                    found[i].kind | first->mode << 4 | modes[i] << 8 | found[i].exclusive << 12);
        if (!is_new(key)) {
            continue;
        }
        PyObject *kind = kind_of(shown), *name = thread_name(first->thread, first->time), *locks_then = locks_list(first->locks),
                 *locks_now = locks_list(locks),
                 *stack_then = stack_list(first->stack), *stack_now = stack_list(stack);
        if (kind != NULL && locks_then != NULL && locks_now != NULL && name != NULL
            && stack_then != NULL && stack_now != NULL) {
            TELL(key, thread, "conflict", "IIOOOiIIOOOiOKiiO", first->touch->number, first->thread,
                 name, locks_then, stack_then,
                 first->mode,
                 touch->number, thread->index, thread->name == NULL ? Py_None : thread->name,
                 locks_now, stack_now, modes[i], kind, (unsigned long long)owner,
                 (int)found[i].kind, first->iterates | iterates[i] << 1,
                 found[i].exclusive ? Py_True : Py_False);
        }
        Py_XDECREF(kind);
        Py_XDECREF(name);
        Py_XDECREF(locks_then);
        Py_XDECREF(locks_now);
        Py_XDECREF(stack_then);
        Py_XDECREF(stack_now);
    }
    if (count) {
        tell_if_full(thread);
    }
    tell_compounds(thread, touch, compounds.at_once, Py_False);
    tell_compounds(thread, touch, compounds.parted, Py_True);
    if (history && atomic_load_explicit(&shadow_count, memory_order_relaxed) > history) {
        record_sweep();
    }
}

void
access_one(Thread *thread, PyObject *object, PyObject *shown, Touch *touch, uint64_t part,
           Kind kind, uint8_t mode)
{
    Access access = {.part = part, .kind = kind, .mode = mode};
    access_all(thread, object, shown, touch, &access, 1);
}
