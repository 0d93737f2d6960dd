/* What the files of the controlled scheduler share; races/schedule/world.py says what it is. */

#ifndef UNGIL_CONTROL_H
#define UNGIL_CONTROL_H

#include "native.h"

typedef struct Runner Runner;
typedef struct Segment Segment;

/* A use of something that threads may share: as threads.Access, of which `how` are the
   flags. */
enum { USE_READS = 0, USE_WRITES = 1, USE_TAKES = 2, USE_ORDERS = 4 };

typedef struct {
    const void *object;
    uint64_t part;
    uint8_t how;
} Use;

#define MOST_USED 6 /* at once */
#define KINDS 5     /* of uses */

/* Seconds. Who waits no longer may wait for the time to pass, so that it can at any time, as
   in `sleep`; a longer timeout is there for the worst, and strikes when nobody else can go
   on. */
#define MOMENT 1.0

/* What is known of one variable, or lock, in one execution. */
typedef struct {
    const void *object;
    uint64_t part;
    PyObject *accesses[KINDS]; /* each use of it as strategies see it, once it was made, */
    PyObject *alone[KINDS];    /* and that alone in a list */
    Runner *user;          /* the first, whose places are kept until it is shared */
    bool wrote;
    bool shared;
    uint32_t places;
    Touch **place;
    /* Of a lock: */
    PyObject *lock;
    bool was_taken; /* before this execution */
    Runner *holder;
    uint32_t count; /* how often it is held, if it is re-entrant */
} Variable;

/* A place that was read, to be written changed: what is written. */
typedef struct {
    Touch *touch;
    int number;
    Use uses[MOST_USED];
} Half;

/* A thread under control: threads.Thread. */
struct Runner {
    PyObject_HEAD
    PyObject *path;
    PyObject *ident;
    PyObject *name;
    PyObject *carried;
    PyObject *own[OWN];
    PyObject *blocked;
    PyObject *waits; /* for what, in words */
    PyObject *lock;  /* that it waits for, or None */
    PyObject *pending;
    PyObject *starter;
    PyObject *at_end;
    PyObject *segment;
    double deadline; /* NAN: none */
    double priority; /* NAN: none yet */
    int children;
    bool daemon;
    bool sleeps;
    bool pauses; /* does it wait for no more than a moment, or sleep? */
    bool expired;
    bool away;
    bool fresh;
    bool alive;
    Touch *point;
    Holding holding;
    /* The last namespace that it has asked an object for, whose items are its attributes; as
       numbers, they may be gone. */
    PyObject *namespace, *namespace_of;
    uint32_t halves;
    Half *half;
};

/* One execution: whose turn it is. World is its subclass. */
typedef struct {
    PyObject_HEAD
    PyObject *strategy;
    PyObject *threads;
    PyObject *alive;
    PyObject *segments;
    PyObject *choices;
    PyObject *running;
    PyObject *passed; /* is called when somebody has come to a place, unless it is None */
    double time;
    Py_ssize_t asks_from;
    bool learnt;
    bool over;
    bool alone;
    bool tries;
    bool fixed; /* is it known what threads share, so that nothing is learnt? */
    bool on_one; /* do all run in one thread of the system? */
    uint32_t uses;
    uint32_t count; /* of variables */
    uint32_t room;
    uint32_t latest; /* the number of the one that was asked for last */
    Variable *variables;
    uint32_t *slots; /* twice as many: the number of a variable and one, by its hash */
} Turns;

extern PyTypeObject *runner_type, *segment_type, *turns_type, *steps_type;
extern PyType_Spec runner_spec, segment_spec, turns_spec, steps_spec;

/* The execution that the thread of the system that calls carries; NULL for none. */
extern LOCAL Turns *turns_here;

/* Who calls; NULL if it is not under control, or no more. False for an exception. */
bool runner_waits(Runner **runner);

static inline bool
runner_here(Runner **runner)
{
    Turns *turns = turns_here;
    *runner = NULL;
    if (turns == NULL || turns->over) {
        return true;
    }
    if (!turns->on_one) {
        return runner_waits(runner);
    }
    if (turns->running != Py_None) {
        *runner = (Runner *)turns->running;
    }
    return true;
}

/* Variables. */
Variable *turns_variable(Turns *turns, const void *object, uint64_t part);
PyObject *variable_access(Turns *turns, Use use);
PyObject *turns_accesses(Turns *turns, const Use *uses, int number);
int variable_learn(Turns *turns, Runner *runner, Touch *touch, Use use);
void variables_free(Turns *turns);

/* Segments. */
Segment *segment_of(const Runner *runner);
int segment_begin(Turns *turns, Runner *runner, Py_ssize_t choice);
int segment_used(Segment *segment, PyObject *access);
int segment_came(Runner *runner, Touch *touch, PyObject *half, PyObject *accesses);

/* Turns. */
Runner *turns_choose(Turns *turns, Runner *current, double idle);
void turns_no_end(Turns *turns, Runner *runner);
void turns_hand_over(Turns *turns, Runner *runner);
int turns_switch(Turns *turns, Runner *runner);
int turns_point(Turns *turns, Runner *runner, PyObject *pending, PyObject *blocked,
                PyObject *waits, PyObject *lock, double deadline);
int turns_use(Turns *turns, Runner *runner, Touch *touch, const Use *uses, int number,
              PyObject *half);
int turns_used(Turns *turns, Runner *runner, Use use);
int turns_came(Runner *runner);

/* Locks. */
int lock_is_taken(Turns *turns, PyObject *lock); /* -1: an error, -2: it is none */
int locks_restore(Turns *turns);

extern PyObject *ended_type; /* is raised in a thread that is ended */

extern PyObject *no_text, *no_accesses;

int runners_set(void);
int variables_set(PyObject *access);
int choosing_set(void);
int turns_set(PyObject *ended);
int taking_set(PyObject *originals, PyObject *library, PyObject *lock, PyObject *reentrant);
int points_set(PyObject *containers);

PyObject *control_carry(PyObject *self, PyObject *turns);
PyObject *control_carried(PyObject *self, PyObject *ignored);

#define CALLED(name) PyObject *point_##name(PyObject *self, PyObject *const *args, Py_ssize_t count);
CALLED(attribute) CALLED(named) CALLED(item) CALLED(holding) CALLED(key) CALLED(among)
CALLED(whole) CALLED(method) CALLED(iterate) CALLED(next) CALLED(variable) CALLED(storing)
CALLED(here) CALLED(imported) CALLED(between) CALLED(receiver) CALLED(last) CALLED(used)
CALLED(in_attribute) CALLED(in_item)
#undef CALLED

#define CALLED(name)                                                                        \
    PyObject *lock_##name(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
CALLED(acquire) CALLED(release) CALLED(r_acquire) CALLED(r_release) CALLED(r_is_owned)
CALLED(r_recursion_count) CALLED(r_locked) CALLED(r_release_save) CALLED(r_acquire_restore)
CALLED(get_ident)
#undef CALLED

#endif
