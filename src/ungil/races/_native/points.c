/* What instrumented code calls under control: each use of what threads may share is a point.

   Which places touch what threads do share is learnt from execution to execution; the
   others are no points, so code that shares nothing is not disturbed. What an operation
   accesses is as for watching (objects.c). */

#include "control.h"

#include <stdlib.h>

bool namespaces_replaced;

static PyObject *text_reads, *text_writes, *text_next;
static PyObject *containers; /* types that are gone through with points in between */

int
points_set(PyObject *types)
{
    Py_XSETREF(containers, Py_NewRef(types));
    text_reads = PyUnicode_InternFromString("reads");
    text_writes = PyUnicode_InternFromString("writes");
    text_next = PyUnicode_InternFromString("next");
    return text_reads == NULL || text_writes == NULL || text_next == NULL ? -1 : 0;
}

/* The thread that comes to a place; NULL if it is not under control. */
static bool
comes_to(PyObject *touch, Runner **runner)
{
    if (!runner_here(runner)) {
        return false;
    }
    if (*runner != NULL) {
        (*runner)->point = (Touch *)touch;
        (*runner)->fresh = true;
        const Touch *here = (Touch *)touch;
        if (turns_here->fixed && !here->shared && !here->reveals) {
            *runner = NULL; /* what it does here is of no interest */
        }
    }
    return true;
}

#define ENTER(wanted, at)                                                                   \
    if (count < (wanted) || !Py_IS_TYPE(args[at], touch_type)) {                            \
        PyErr_SetString(PyExc_TypeError, "not called by instrumented code");                \
        return NULL;                                                                        \
    }                                                                                       \
    Touch *touch = (Touch *)args[at];                                                       \
    Runner *runner;                                                                         \
    if (!comes_to(args[at], &runner)) {                                                     \
        return NULL;                                                                        \
    }

#define LEAVE(failed) return failed ? NULL : Py_NewRef(args[0]);

/* Halves: what was read at a place, and is about to be written. */

static Half *
half_of(Runner *runner, const Touch *touch)
{
    for (uint32_t i = 0; i < runner->halves; i++) {
        if (runner->half[i].touch == touch) {
            return &runner->half[i];
        }
    }
    return NULL;
}

static int
use(Runner *runner, Touch *touch, Use *uses, int number)
{
    if (number == 0) {
        return 0;
    }
    if (touch->mode != UPDATE || touch->form == FORM_NEXT) {
        return turns_use(turns_here, runner, touch, uses, number, NULL);
    }
    /* The first half reads; what is written comes when `between` is called. */
    Half *half = half_of(runner, touch);
    if (half == NULL) {
        Half *moved = realloc(runner->half, sizeof(Half) * (runner->halves + 1));
        if (moved == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        runner->half = moved;
        half = &moved[runner->halves++];
        half->touch = touch;
    }
    half->number = 0;
    for (int i = 0; i < number; i++) {
        if (uses[i].how & USE_WRITES) {
            half->uses[half->number++] = uses[i];
            uses[i].how = USE_READS;
        }
    }
    return turns_use(turns_here, runner, touch, uses, number, text_reads);
}

static int
write_half(Runner *runner, Half *found)
{
    Half half = *found;
    *found = runner->half[--runner->halves];
    return half.number == 0 ? 0
                            : turns_use(turns_here, runner, half.touch, half.uses, half.number,
                                        text_writes);
}

/* between(value, touch): what was read is about to be written, changed by this value. */
PyObject *
point_between(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "not called by instrumented code");
        return NULL;
    }
    Runner *runner;
    if (!runner_here(&runner)) {
        return NULL;
    }
    Half *half = runner == NULL ? NULL : half_of(runner, (Touch *)args[1]);
    LEAVE(half != NULL && write_half(runner, half) < 0)
}

/* Attributes and items. */

static int
on_attribute(Runner *runner, PyObject *object, PyObject *name, uint64_t part, Touch *touch)
{
    Place place;
    if (turns_here->alone || !place_of(object, name, touch, &place)) {
        return 0;
    }
    if (place.alias) {
        /* What it is used for comes next, and is to be an access of the object. */
        PyObject *namespace = namespace_of(object);
        runner->namespace = namespace;
        runner->namespace_of = object;
        Py_XDECREF(namespace);
        return 0;
    }
    uint8_t how = place.mode == READ ? USE_READS : USE_WRITES;
    Use uses[3] = {{place.owner, part, how}};
    int number = 1;
    if (place.whole) {
        uses[number++] = (Use){place.owner, PART_ALL, how};
    }
    else if (namespaces_replaced) { /* what changes all attributes meets each */
        uses[number++] = (Use){place.owner, PART_ALL, USE_READS};
    }
    if (place.owner != object && !PyModule_Check(object)) {
        /* A class has it, since the object has none of its own: who sets that changes what
           is read here. */
        uses[number++] = (Use){object, part, USE_READS};
    }
    return use(runner, touch, uses, number);
}

static int
operate(Runner *runner, PyObject *object, PyObject *key, uint64_t part, Touch *touch,
        uint32_t effect)
{
    if (effect == 0 || turns_here->alone) {
        return 0;
    }
    Access accesses[MOST_PARTS];
    int parts = parts_of(object, key, part, touch, effect, accesses), number = 0;
    Use uses[MOST_USED];
    bool is_dict = PyDict_Check(object);
    if (object == runner->namespace) {
        object = runner->namespace_of;
    }
    for (int i = 0; i < parts; i++) {
        uint8_t how = accesses[i].mode == READ ? USE_READS : USE_WRITES;
        uses[number++] = (Use){object, accesses[i].part, how};
        if (accesses[i].kind == ITEM) { /* what changes all items meets each */
            uses[number++] = (Use){object, PART_ALL, USE_READS};
            /* Which item a number means, and whether there is one, hangs on how many there are
               before it. */
            if (!is_dict && !PyAnySet_Check(object)) {
                uses[number++] = (Use){object, PART_STRUCTURE, USE_READS};
            }
        }
        if (accesses[i].whole) {
            uses[number++] = (Use){object, PART_ALL, how};
        }
    }
    return use(runner, touch, uses, number);
}

static int
on_item(Runner *runner, PyObject *object, PyObject *key, Touch *touch)
{
    if (turns_here->alone) {
        return 0;
    }
    object = looked_through(object);
    uint64_t part = plain_part(key);
    if (part == 0) {
        part = mixed((uintptr_t)key, 1, 1) | FIRST_FREE;
    }
    return operate(runner, object, key, part, touch, item_effect(object, touch));
}

PyObject *
point_attribute(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    LEAVE(runner != NULL && on_attribute(runner, args[0], touch->name, touch->part, touch) < 0)
}

PyObject *
point_named(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, 2)
    LEAVE(runner != NULL && PyUnicode_CheckExact(args[1])
          && on_attribute(runner, args[0], args[1], part_of_hash(PyObject_Hash(args[1])), touch)
                 < 0)
}

PyObject *
point_item(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, 2)
    LEAVE(runner != NULL && on_item(runner, args[0], args[1], touch) < 0)
}

PyObject *
point_holding(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    if (runner != NULL) {
        hold(&runner->holding, args[0], touch);
    }
    LEAVE(false)
}

PyObject *
point_key(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    PyObject *object = runner == NULL ? NULL : held(&runner->holding, touch);
    LEAVE(object != NULL && on_item(runner, object, args[0], touch) < 0)
}

PyObject *
point_among(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    PyObject *key = runner == NULL ? NULL : held(&runner->holding, touch);
    LEAVE(key != NULL && on_item(runner, args[0], key, touch) < 0)
}

PyObject *
point_receiver(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    if (runner != NULL) {
        hold(&runner->holding, is_temporary(args[0]) ? NULL : args[0], touch);
    }
    LEAVE(false)
}

/* Lengths, truth and slices. */
PyObject *
point_whole(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    LEAVE(runner != NULL
          && operate(runner, args[0], NULL, 0, touch, whole_effect(args[0], touch)) < 0)
}

PyObject *
point_method(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    if (runner == NULL) {
        LEAVE(false)
    }
    uint32_t effect = method_effect(args[0], touch);
    LEAVE((effect ? operate(runner, args[0], NULL, 0, touch, effect)
                  : on_attribute(runner, args[0], touch->name, touch->part, touch))
          < 0)
}

static const TellsOf tells_of = {point_attribute, point_named, point_item, point_method};

PyObject *
point_last(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, count - 1)
    LEAVE(runner != NULL && use_held(&runner->holding, touch, args, count, &tells_of) < 0)
}

PyObject *
point_used(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, count - 1)
    LEAVE(runner != NULL
          && use_given(touch, args[1], count > 3 ? args[2] : NULL, &tells_of) < 0)
}

PyObject *
point_in_attribute(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, count - 1)
    LEAVE(runner != NULL
          && use_stored(&runner->holding, touch, args, count, value_of_attribute, point_method)
                 < 0)
}

PyObject *
point_in_item(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, count - 1)
    LEAVE(runner != NULL
          && use_stored(&runner->holding, touch, args, count, value_of_item, point_method) < 0)
}

/* Functions in C that go through a container let other threads at it, if nothing holds the
   GIL; here they do so at each step. What asks for more than its items, as `dict` does, must
   get it as it is. */

typedef struct {
    PyObject_HEAD
    PyObject *of;
    PyObject *items;
    Touch *touch;
} Steps;

PyTypeObject *steps_type;

static int
steps_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Steps *)self)->of);
    Py_VISIT(((Steps *)self)->items);
    return 0;
}

static int
steps_clear(PyObject *self)
{
    Py_CLEAR(((Steps *)self)->of);
    Py_CLEAR(((Steps *)self)->items);
    return 0;
}

static void
steps_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    steps_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
steps_next(PyObject *self)
{
    Steps *steps = (Steps *)self;
    Runner *runner;
    if (!comes_to((PyObject *)steps->touch, &runner)) {
        return NULL;
    }
    bool advances = is_iterator(Py_TYPE(steps->of));
    Use one = {steps->of, advances ? PART_ITERATOR : PART_STRUCTURE,
               advances ? USE_WRITES : USE_READS};
    if (runner != NULL
        && turns_use(turns_here, runner, steps->touch, &one, 1, text_next) < 0) {
        return NULL;
    }
    return PyIter_Next(steps->items);
}

static PyType_Slot steps_slots[] = {
    {Py_tp_dealloc, steps_dealloc}, {Py_tp_traverse, steps_traverse},
    {Py_tp_clear, steps_clear},     {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, steps_next},   {0, NULL},
};

PyType_Spec steps_spec = {
    .name = "ungil.races._native._core.Steps",
    .basicsize = sizeof(Steps),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = steps_slots,
};

static PyObject *
in_steps(PyObject *object, PyObject *of, Touch *touch)
{
    PyObject *items = PyObject_GetIter(object);
    Steps *steps = items == NULL ? NULL : (Steps *)steps_type->tp_alloc(steps_type, 0);
    if (steps == NULL) {
        Py_XDECREF(items);
        return NULL;
    }
    steps->of = Py_NewRef(of);
    steps->items = items;
    steps->touch = touch;
    return (PyObject *)steps;
}

/* A subclass that is gone through as its base is, too. */
static bool
is_container(PyTypeObject *type)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(containers); i++) {
        PyTypeObject *container = (PyTypeObject *)PyTuple_GET_ITEM(containers, i);
        if (type->tp_iter == container->tp_iter && PyType_IsSubtype(type, container)) {
            return true;
        }
    }
    return is_view(type) || is_iterator(type);
}

/* Is a name, as far as it means anything, that of a function of the library in C? A function
   of the program by the name of one must get what it was given. */
static bool
is_in_c(PyObject *name)
{
    static const char *const library[]
        = {"builtins", "itertools", "functools", "_functools", "collections", NULL};
    PyObject *meant = NULL,
             *where[] = {PyEval_GetLocals(), PyEval_GetGlobals(), PyEval_GetBuiltins()};
    for (int i = 0; i < 3 && meant == NULL && PyUnicode_GET_LENGTH(name) > 0; i++) {
        meant = where[i] == NULL ? NULL : PyObject_GetItem(where[i], name);
        if (meant == NULL) {
            PyErr_Clear();
        }
    }
    if (meant == NULL || meant == Py_None) {
        Py_XDECREF(meant);
        return true;
    }
    PyObject *module = PyObject_GetAttrString(meant, "__module__");
    bool is = false;
    for (int i = 0; module != NULL && PyUnicode_Check(module) && library[i] != NULL; i++) {
        is |= PyUnicode_CompareWithASCIIString(module, library[i]) == 0;
    }
    PyErr_Clear();
    Py_DECREF(meant);
    Py_XDECREF(module);
    return is;
}

PyObject *
point_iterate(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    PyObject *of = args[0];
    if (runner == NULL || PyTuple_CheckExact(of) || PyUnicode_CheckExact(of)) {
        LEAVE(false)
    }
    uint32_t effect = iterate_effect(&of, touch);
    if (operate(runner, of, NULL, 0, touch, effect) < 0) {
        return NULL;
    }
    bool in_many = effect & (ITERATES | ADVANCES); /* `list(a_dict)` is one step */
    return touch->shared && touch->by_items && in_many && is_container(Py_TYPE(args[0]))
                   && is_in_c(touch->name)
               ? in_steps(args[0], of, touch)
               : Py_NewRef(args[0]);
}

PyObject *
point_next(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    LEAVE(runner != NULL && is_iterator(Py_TYPE(args[0]))
          && operate(runner, args[0], NULL, 0, touch, ADVANCES) < 0)
}

/* Variables. */

static int
on_variable(Runner *runner, Touch *touch, PyObject *cell_of, bool writes, bool in_halves)
{
    Use one = {.part = touch->part, .how = writes ? USE_WRITES : USE_READS};
    if (turns_here->alone) {
        return 0;
    }
    if (cell_of == NULL) {
        one.object = PyEval_GetGlobals();
    }
    else {
        PyObject *closure = PyFunction_Check(cell_of) ? PyFunction_GetClosure(cell_of) : NULL;
        if (closure == NULL || PyTuple_GET_SIZE(closure) != 1) {
            return 0;
        }
        one.object = PyTuple_GET_ITEM(closure, 0);
        one.part = PART_CELL;
    }
    return one.object == NULL ? 0
           : in_halves        ? use(runner, touch, &one, 1)
                              : turns_use(turns_here, runner, touch, &one, 1, NULL);
}

/* variable(touch) or variable(touch, lambda: x) */
PyObject *
point_variable(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(1, 0)
    if (runner != NULL
        && on_variable(runner, touch, count > 1 ? args[1] : NULL, touch->mode != READ, true)
               < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* storing(value, touch) or storing(value, touch, lambda: x) */
PyObject *
point_storing(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    Runner *before;
    if (!runner_here(&before)) {
        return NULL;
    }
    Half *half = before == NULL || count < 2 ? NULL : half_of(before, (Touch *)args[1]);
    if (half != NULL) {
        LEAVE(write_half(before, half) < 0)
    }
    ENTER(2, 1)
    LEAVE(runner != NULL
          && on_variable(runner, touch, count > 2 ? args[2] : NULL, true, false) < 0)
}

PyObject *
point_here(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, 1)
    (void)touch;
    (void)runner;
    LEAVE(false)
}

PyObject *
point_imported(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    Py_RETURN_NONE;
}
