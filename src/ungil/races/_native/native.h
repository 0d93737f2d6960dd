/* What the files of the native core share. See core.c for how it works. */

#ifndef UNGIL_NATIVE_H
#define UNGIL_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What an operation does to its container; the numbers are those of effects.py. */
enum {
    KEY_READ = 1,
    KEY_WRITE = 2,
    STRUCTURE_READ = 4,
    STRUCTURE_WRITE = 8,
    ALL_WRITE = 16,
    ITERATES = 32,
    IF_MISSING = 64, /* writes the structure if the key is not there */
    IF_PRESENT = 128,
    ADVANCES = 256,
    GIVES = 512,
    TAKES = 1024,
    FILLS = 2048, /* reading a key that is missing stores one */
    STEPWISE = 4096,
};

typedef enum { READ, WRITE, UPDATE } Mode;

/* Kinds of variables of an object; the numbers are those of watching.py. */
typedef enum { ATTRIBUTE, ITEM, STRUCTURE, VARIABLE, ITERATOR } Kind;

typedef enum {
    FORM_ATTRIBUTE,
    FORM_NAMED,
    FORM_ITEM,
    FORM_WHOLE,
    FORM_METHOD,
    FORM_ITERATE,
    FORM_NEXT,
    FORM_OTHER,
} Form;

typedef struct Touch Touch;

typedef struct {
    Touch *touch;
    bool check;
} After;

/* A place in the source. Never freed: code and history point to it. */
struct Touch {
    PyObject_HEAD
    PyObject *name; /* interned, or NULL */
    uint64_t part;  /* of the name */
    uint32_t number;
    uint32_t salt;
    uint8_t form;
    uint8_t mode;
    bool clears;
    bool direct;      /* past what the object's class has made of it */
    bool subscript;   /* reads by one */
    bool initialises; /* stands in the initialiser of an object */
    bool copies;      /* goes through a container in one step */
    bool by_items;    /* goes through it, and asks it for no more than its items */
    bool takes;       /* a lock that is taken right behind it is meant by it */
    bool reveals;     /* gives a namespace away */
    bool shared;      /* under control: is it known to touch what threads share? */
    PyObject *touch;  /* likewise: what it was made of */
    uint8_t afters;
    _Atomic(uint8_t) followed; /* which of `after` were seen to come before */
    _Atomic(uint8_t) parted;   /* likewise, with locks let go of in between */
    After *after;
};

extern PyTypeObject *touch_type;

#define MAX_AFTER 8

/* Vector clocks: how far each thread had come. */

typedef struct {
    uint32_t length;
    uint32_t room;
    uint32_t *times;
} Clock;

bool clock_learn(Clock *clock, const Clock *other);
bool clock_set(Clock *clock, uint32_t thread, uint32_t time);

/* Two of them: what comes before, and what does so whoever gets a lock first. */
typedef struct {
    Clock clock;
    Clock firm;
} Clocks;

bool clocks_learn(Clocks *clocks, const Clocks *others);
void clocks_free(Clocks *clocks);

static inline uint32_t
clock_time(const Clock *clock, uint32_t thread)
{
    return thread < clock->length ? clock->times[thread] : 0;
}

/* What is kept of one access. */
typedef struct {
    uint32_t thread;
    uint32_t time; /* 0: none */
    Touch *touch;
    uint16_t locks; /* number of a set of locks */
    uint16_t stack; /* number of a stack */
    uint8_t mode;
    bool iterates;
    uint16_t held; /* the bits of the locks that the thread held */
} Seen;

typedef struct Reads Reads;

/* What is kept of one variable. */
typedef struct {
    uint64_t part; /* 0: free */
    Seen write;
    Seen read;
    Reads *more; /* further reads that nothing orders, and writes before the last one */
} Shadow;

struct Reads {
    uint32_t length;
    uint32_t room;
    Seen seen[];
};

#define FIRST_ROOM 4

struct Thread;

/* What is kept of one object while it lives. */
struct Letter;

typedef struct Record {
    atomic_uint lock;
    uint32_t maker; /* the thread that used it first, when it did so, and when last */
    uint32_t made;
    uint32_t left;
    bool shared; /* another has used it, too */
    bool fresh;  /* its first use was by its own initialiser */
    bool unordered; /* of a lock: it orders nothing */
    bool exposed;   /* its namespace was given away: see `owner` */
    bool taken_from; /* threads that share it do take out what others put in */
    _Atomic(bool) used; /* since the last sweep */
    uint64_t number;
    uint32_t shadows;
    uint32_t room;
    Shadow *table;
    uint32_t holder;       /* of a lock, the index of the thread that took it and one */
    uint32_t given;        /* when its maker, alone with it, put something into it; 0 if never */
    Clocks *clocks;        /* of a lock, queue, …; NULL for others */
    struct Thread *thread; /* that a handle or sentinel stands for */
    const void *owner;     /* of an object's own namespace: the object, */
    uint64_t owner_number; /* if that is still the one it was */
    struct Record *dead;
    uint8_t offset; /* of the object in its block of memory, in bytes */
    bool named;     /* of a lock: the program takes it, rather than a library */
    bool handed;    /* likewise: another than took it gave it back */
    uint16_t bit;   /* of a lock: what stands for it; some share one if there are many */
    Shadow first[FIRST_ROOM]; /* the table, until it is full */
} Record;

/* Records by address. */
Record *record_find(const void *object);
Record *record_get(const void *object); /* NULL: no memory */
void record_forget(const void *object);
void record_forget_at(const void *object, unsigned offset);
void record_sweep(void);
void records_anew(void);
Shadow *shadow_get(Record *record, uint64_t part, bool create);
void record_clear(Record *record);

extern uint64_t history;
extern _Atomic(uint64_t) shadow_count;
extern _Atomic(uint64_t) forgotten;

#define GENERATIONS (1u << 16)
extern _Atomic(uint32_t) generations[GENERATIONS];

static inline _Atomic(uint32_t) *
generation(const void *object)
{
    uintptr_t address = (uintptr_t)object >> 4;
    return &generations[(address ^ (address >> 16)) & (GENERATIONS - 1)];
}

void yield_processor(void);

static inline void
record_lock(Record *record)
{
    unsigned tries = 0;
    while (atomic_exchange_explicit(&record->lock, 1, memory_order_acquire)) {
        if (++tries > 64) {
            yield_processor();
        }
    }
}

static inline void
record_unlock(Record *record)
{
    atomic_store_explicit(&record->lock, 0, memory_order_release);
}

/* Threads. */

typedef struct {
    const void *object;
    Touch *touch;
    uint64_t part;
    uint32_t time;
    uint32_t generation;
} Recent;

#define RECENTS 8192

typedef struct {
    PyObject *object;
    Touch *touch;
    void *frame;
} Held;

#define HOLDING 64

/* What waits for its key, or container, to come. */
typedef struct {
    uint32_t length;
    Held held[HOLDING];
} Holding;

void hold(Holding *holding, PyObject *object, Touch *touch);
PyObject *held(Holding *holding, Touch *touch);

/* What tells of a use, of those forms whose object may be kept until a call has all it needs. */
typedef PyObject *Tells(PyObject *self, PyObject *const *args, Py_ssize_t count);
typedef struct {
    Tells *attribute, *named, *item, *method;
} TellsOf;

int use_held(Holding *holding, Touch *touch, PyObject *const *args, Py_ssize_t count,
             const TellsOf *tells);
int use_stored(Holding *holding, Touch *touch, PyObject *const *args, Py_ssize_t count,
               PyObject *value_of(PyObject *, PyObject *), Tells *method);
int use_given(Touch *touch, PyObject *object, PyObject *key, const TellsOf *tells);
bool is_temporary(PyObject *object);

typedef struct {
    uint64_t number;
    Touch *touch; /* NULL: inside of a library */
    Touch *near;  /* the last one before */
    uint32_t count;
    uint32_t since; /* the time of the thread when it took it */
    uint16_t bit;
} TakenLock;

typedef struct Thread {
    uint32_t index;
    uint32_t time;
    unsigned long ident; /* as the program sees it */
    bool busy; /* what it does now is not the program's */
    _Atomic(bool) ended;
    _Atomic(uint32_t) kept; /* by its number, and by the records of its handles */
    uint32_t run;
    uint32_t begun; /* its first moment */
    bool locks_changed;
    uint16_t locks;
    uint16_t held; /* the bits of these */
    Clocks known;
    Touch *last;
    Recent *recent;
    Holding holding;
    const void *took; /* a container that it is about to take something out of, */
    uint64_t took_number; /* if that is still the one it was */
    uint32_t taken;
    uint32_t taken_room;
    TakenLock *locks_taken;
    _Atomic(struct Letter *) letters;
    PyObject *name; /* str, or NULL */
} Thread;

/* In a library that is loaded late, other models call a function for each use. */
#if defined(__GNUC__) && !defined(_WIN32)
#define LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local
#else
#define LOCAL _Thread_local
#endif

extern _Atomic(bool) watching;
extern _Atomic(bool) alone;
extern _Atomic(uint32_t) run;
extern LOCAL Thread *here;
extern LOCAL uint32_t here_run;
extern Thread gone;

Thread *thread_at(uint32_t index);
uint32_t thread_number(void);
Thread *thread_new(const Thread *starter);
PyObject *thread_name(uint32_t index, uint32_t time);
void thread_keep(Thread *thread);
void thread_let_go(Thread *thread);
void thread_ended(Thread *thread);
Thread *thread_enter(Thread *thread); /* NULL: it has ended */
Thread *thread_found(void);
void threads_anew(void);
void thread_joined(const Thread *thread);

/* The thread that runs; NULL if nothing is watched, or not here. */
static inline Thread *
thread_current(void)
{
    Thread *thread = here;
    if (thread != NULL && thread != &gone && !thread->busy
        && here_run == atomic_load_explicit(&run, memory_order_relaxed)
        && atomic_load_explicit(&watching, memory_order_relaxed)) {
        return thread;
    }
    return thread_found();
}

static inline bool
thread_knows(const Thread *thread, uint32_t other, uint32_t time)
{
    return time <= clock_time(&thread->known.clock, other);
}

/* Does it come before, whoever gets a lock first? */
static inline bool
thread_knows_firmly(const Thread *thread, uint32_t other, uint32_t time)
{
    return time <= clock_time(&thread->known.firm, other);
}

/* What a thread does next comes after a moment of another, which it knew nothing of. */
static inline void
thread_comes_after(Thread *thread, uint32_t other, uint32_t time)
{
    clock_set(&thread->known.clock, other, time);
    clock_set(&thread->known.firm, other, time);
}

static inline void
thread_tick(Thread *thread)
{
    thread->time++;
    thread->known.clock.times[thread->index] = thread->time;
    thread->known.firm.times[thread->index] = thread->time;
}

/* Locks. */
void locks_not_held(const Record *lock);
void locks_drop(Thread *thread, uint32_t at);
void locks_read_letters(Thread *thread);
void locks_burn_letters(Thread *thread);
uint16_t locks_number(Thread *thread);
PyObject *locks_list(uint16_t number);

/* The frame of the program that called us. */
static inline void *
frame_here(void)
{
    PyThreadState *state = PyThreadState_Get();
#if PY_VERSION_HEX < 0x030D0000
    return state->cframe->current_frame;
#else
    return state->current_frame;
#endif
}

/* Effects. */
int effects_set(PyObject *given);
uint32_t effect_of(PyTypeObject *type, PyObject *name);
uint32_t method_effect(PyObject *object, const Touch *touch);

/* Telling. */
extern PyObject *watcher;
bool told(Thread *thread, PyObject *result);
bool is_new(uint64_t key);
bool is_new_of_late(uint64_t key);
void tell_if_full(Thread *thread);
void is_untold(uint64_t key);
void told_anew(void);

#define TELL(key, thread, ...)                                                              \
    do {                                                                                    \
        PyObject *type_, *value_, *trace_;                                                  \
        PyErr_Fetch(&type_, &value_, &trace_);                                              \
        (thread)->busy = true;                                                              \
        PyObject *result_                                                                   \
            = watcher == NULL ? NULL : PyObject_CallMethod(watcher, __VA_ARGS__);           \
        if (!told(thread, result_) && (key)) {                                              \
            is_untold(key);                                                                 \
        }                                                                                   \
        PyErr_Restore(type_, value_, trace_);                                               \
    } while (0)

static inline uint64_t
mixed(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t hash = (a * 0x9E3779B97F4A7C15u) ^ (b + 0x7F4A7C15u);
    hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9u;
    hash = (hash ^ c ^ (hash >> 32)) * 0x94D049BB133111EBu;
    return hash ^ (hash >> 31);
}

/* Stacks. */
uint16_t stack_number(void);
PyObject *stack_list(uint16_t number);

/* Accesses. */

/* Parts of an object that are no attribute or item. */
enum {
    PART_STRUCTURE = 1,
    PART_ITERATOR,
    PART_CELL,
    PART_ALL,
    PART_LOCK, /* of a lock: it is taken, or given back */
    PART_HELD, /* likewise: whether it is held is seen, or changes */
    PART_END,  /* of a thread */
    FIRST_FREE = 16,
};

typedef struct {
    uint64_t part;
    Kind kind;
    uint8_t mode;
    bool iterates;
    bool whole; /* writes every item, too */
} Access;

void access_all(Thread *thread, PyObject *object, PyObject *shown, Touch *touch,
                const Access *accesses, int number);
void access_one(Thread *thread, PyObject *object, PyObject *shown, Touch *touch, uint64_t part,
                Kind kind, uint8_t mode);

static inline Recent *
recent(Thread *thread, const void *object, const Touch *touch, uint64_t part)
{
    uint64_t hash = ((uint64_t)(uintptr_t)object >> 4) * 0x9E3779B97F4A7C15u;
    hash ^= (uint64_t)touch->salt * 0xBF58476D1CE4E5B9u;
    hash ^= part * 0x94D049BB133111EBu;
    return &thread->recent[(hash >> 40) & (RECENTS - 1)];
}

/* Is nothing to be learnt from an access? The thread made it at its present moment, or it is
   alone. */
static inline bool
is_recent(Thread *thread, const void *object, const Touch *touch, uint64_t part)
{
    if (atomic_load_explicit(&alone, memory_order_relaxed) && !touch->reveals) {
        return true;
    }
    Recent *entry = recent(thread, object, touch, part);
    return entry->object == object && entry->touch == touch && entry->part == part
           && entry->time == thread->time
           && entry->generation
                  == atomic_load_explicit(generation(object), memory_order_acquire);
}

static inline void
remember(Thread *thread, const void *object, Touch *touch, uint64_t part)
{
    *recent(thread, object, touch, part) = (Recent){
        .object = object,
        .touch = touch,
        .part = part,
        .time = thread->time,
        .generation = atomic_load_explicit(generation(object), memory_order_acquire),
    };
}

/* Objects. */

extern PyTypeObject *local_type, *cached_property_type, *filling_type;
extern PyObject *slot_setattr_example;
extern PyObject *iterators;
extern PyObject imports;

static inline uint64_t
part_of_hash(Py_hash_t hash)
{
    uint64_t part = mixed((uint64_t)hash, 0, 0);
    return part < FIRST_FREE ? part + FIRST_FREE : part;
}

/* Where an attribute is. */
typedef struct {
    PyObject *owner;
    Kind kind;
    uint8_t mode;
    bool if_set; /* only if it was set on this object, which hides that of its class */
    bool whole;  /* it is all attributes at once */
    bool alias;  /* it is the namespace, whose items are the attributes */
} Place;

#define MOST_PARTS 3

bool place_of(PyObject *object, PyObject *name, const Touch *touch, Place *place);
int parts_of(PyObject *object, PyObject *key, uint64_t part, const Touch *touch,
             uint32_t effect, Access *accesses);
uint32_t item_effect(PyObject *object, const Touch *touch);
uint32_t whole_effect(PyObject *object, const Touch *touch);
uint32_t iterate_effect(PyObject **object, const Touch *touch);
bool is_iterator(PyTypeObject *type);
bool is_view(PyTypeObject *type);
uint64_t plain_part(PyObject *key);
PyObject *namespace_of(PyObject *object);
PyObject *looked_through(PyObject *object);
PyObject *value_of_attribute(PyObject *object, PyObject *name);
PyObject *value_of_item(PyObject *object, PyObject *key);
uint64_t part_of_key(const Thread *thread, PyObject *key);
void object_attribute(
    Thread *thread, PyObject *object, PyObject *name, uint64_t part, Touch *touch);
void object_operate(Thread *thread, PyObject *object, PyObject *key, uint64_t part,
                    Touch *touch, uint32_t effect);

/* What instrumented code calls. */

void make_immortal(PyObject *object);
PyObject *touch_make(PyObject *self, PyObject *args);

#define CALLED(name) PyObject *touch_##name(PyObject *self, PyObject *const *args, Py_ssize_t count);
CALLED(attribute) CALLED(named) CALLED(item) CALLED(holding) CALLED(key) CALLED(among)
CALLED(whole) CALLED(method) CALLED(iterate) CALLED(next) CALLED(variable) CALLED(storing)
CALLED(here) CALLED(imported) CALLED(dying) CALLED(receiver) CALLED(last) CALLED(used)
CALLED(in_attribute) CALLED(in_item)
#undef CALLED

/* Hooks on the C functions that order threads. */
int hooks_install(PyObject *hooks);
void hooks_remove(void);
PyObject *hooks_exchange(PyObject *self, PyObject *pairs);
PyObject *hooks_restore(PyObject *self, PyObject *ignored);

/* What the interpreter keeps for each thread alone. */
#define OWN 3
void hooks_own(PyObject **mine, PyObject **others);
int lifetimes_watch(void);
void lifetimes_unwatch(void);

/* Order. */
void order_acquire(PyObject *lock, uint32_t count, bool tried);
uint32_t order_release(PyObject *lock, bool wholly);
void order_post(PyObject *channel);
void order_receive(PyObject *channel);
void order_join(PyObject *handle);
void order_join_all(void);
void order_blocks(const char *what, const void *released);
void order_alias(PyObject *owner, PyObject *namespace);

/* Does code that was made replace all attributes of an object at once? */
extern bool namespaces_replaced;
extern PyTypeObject *started_type;
extern PyType_Spec started_spec, touch_spec;
PyObject *order_starting(PyObject *function, Thread **child);
void order_started(PyObject *handle, Thread *child);
void order_sentinel(PyObject *lock);

#endif
