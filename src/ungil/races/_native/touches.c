/* What instrumented code calls, each giving back what it was given; and the constants
   that name the places in its source. */

#include "native.h"

#include <stdlib.h>
#include <string.h>
#include <structmember.h>

static bool
is_touch(PyObject *object)
{
    return Py_IS_TYPE(object, touch_type);
}

#define ENTER(wanted, result)                                                               \
    if (count < (wanted) || !is_touch(args[count - 1])) {                                   \
        PyErr_SetString(PyExc_TypeError, "not called by instrumented code");                \
        return NULL;                                                                        \
    }                                                                                       \
    Touch *touch = (Touch *)args[count - 1];                                                \
    Thread *thread = thread_current();                                                      \
    if (thread == NULL) {                                                                   \
        return Py_NewRef(result);                                                           \
    }                                                                                       \
    thread->last = touch;

PyObject *
touch_attribute(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = args[0];
    if (!is_recent(thread, object, touch, touch->part)) {
        object_attribute(thread, object, touch->name, touch->part, touch);
        if (record_find(object) != NULL) {
            remember(thread, object, touch, touch->part);
        }
    }
    return Py_NewRef(object);
}

PyObject *
touch_named(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, args[0])
    PyObject *name = args[1];
    if (PyUnicode_CheckExact(name)) {
        object_attribute(thread, args[0], name, part_of_hash(PyObject_Hash(name)), touch);
    }
    return Py_NewRef(args[0]);
}

static inline void
on_item(Thread *thread, PyObject *object, PyObject *key, Touch *touch)
{
    object = looked_through(object);
    uint64_t part = part_of_key(thread, key);
    if (!is_recent(thread, object, touch, part)) {
        uint32_t effect = item_effect(object, touch);
        object_operate(thread, object, key, part, touch, effect);
        Record *record = record_find(object);
        /* That something is handed over is news each time. */
        bool news = effect & TAKES || (effect & GIVES && record != NULL && record->taken_from);
        if (record != NULL && !(news && record->shared)) {
            remember(thread, object, touch, part);
        }
    }
}

PyObject *
touch_item(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, args[0])
    on_item(thread, args[0], args[1], touch);
    return Py_NewRef(args[0]);
}

/* Keys that are evaluated after (or, for `in`, before) their container: the one that comes
   first is kept, by where it stands and in which frame, until the other comes. What stands
   above it then was left by an exception. */

void
hold(Holding *holding, PyObject *object, Touch *touch)
{
    if (holding->length == HOLDING) {
        holding->length = HOLDING / 2;
        memmove(holding->held, holding->held + HOLDING / 2, sizeof(Held) * (HOLDING / 2));
    }
    holding->held[holding->length++] = (Held){object, touch, frame_here()};
}

PyObject *
held(Holding *holding, Touch *touch)
{
    void *frame = frame_here();
    for (uint32_t i = holding->length; i-- > 0;) {
        if (holding->held[i].touch == touch && holding->held[i].frame == frame) {
            holding->length = i;
            return holding->held[i].object;
        }
    }
    return NULL;
}

PyObject *
touch_holding(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    hold(&thread->holding, args[0], touch);
    return Py_NewRef(args[0]);
}

PyObject *
touch_key(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = held(&thread->holding, touch);
    if (object != NULL) {
        on_item(thread, object, args[0], touch);
    }
    return Py_NewRef(args[0]);
}

PyObject *
touch_among(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *key = held(&thread->holding, touch);
    if (key != NULL) {
        on_item(thread, args[0], key, touch);
    }
    return Py_NewRef(args[0]);
}

/* What a call uses when it has evaluated all its arguments: with the last of them it is given
   once more, if it is a name (`used(value, object, touch)`, `used(value, object, key, touch)`),
   or was kept (`last(value, touch)`, `last(value, key, touch)`, or with a key that was, too). */

int
use_given(Touch *touch, PyObject *object, PyObject *key, const TellsOf *tells)
{
    PyObject *given[] = {object, key == NULL ? (PyObject *)touch : key, (PyObject *)touch}, *told;
    switch (touch->form) {
    case FORM_ATTRIBUTE:
        told = tells->attribute(NULL, given, 2);
        break;
    case FORM_METHOD:
        told = tells->method(NULL, given, 2);
        break;
    case FORM_NAMED:
        told = tells->named(NULL, given, 3);
        break;
    default:
        told = tells->item(NULL, given, 3);
    }
    Py_XDECREF(told);
    return told == NULL ? -1 : 0;
}

int
use_held(Holding *holding, Touch *touch, PyObject *const *args, Py_ssize_t count,
         const TellsOf *tells)
{
    PyObject *key = count > 2                    ? args[1]
                    : touch->form == FORM_OTHER ? held(holding, touch)
                                                 : NULL;
    PyObject *object = held(holding, touch);
    bool has_key = touch->form != FORM_ATTRIBUTE && touch->form != FORM_METHOD;
    return object == NULL || (has_key && key == NULL) ? 0
                                                      : use_given(touch, object, key, tells);
}

/* Has nobody an object but the expression that made it? Then it may be gone as soon as its
   method is found, and no other thread uses it. */
bool
is_temporary(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030E0000
    return PyUnstable_Object_IsUniqueReferencedTemporary(object);
#else
    return Py_REFCNT(object) == 1;
#endif
}

PyObject *
touch_receiver(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    hold(&thread->holding, is_temporary(args[0]) ? NULL : args[0], touch);
    return Py_NewRef(args[0]);
}

static const TellsOf tells_of = {touch_attribute, touch_named, touch_item, touch_method};

PyObject *
touch_last(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    use_held(&thread->holding, touch, args, count, &tells_of);
    return Py_NewRef(args[0]);
}

PyObject *
touch_used(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, args[0])
    use_given(touch, args[1], count > 3 ? args[2] : NULL, &tells_of);
    return Py_NewRef(args[0]);
}

/* What an operator changes in place is told of with its last operand, as if a method did it:
   in_attribute(value, object, name, touch), in_item(value, object, key, touch). Without the
   object they are of the one that was kept. */

int
use_stored(Holding *holding, Touch *touch, PyObject *const *args, Py_ssize_t count,
           PyObject *value_of(PyObject *, PyObject *), Tells *method)
{
    PyObject *object = count > 3 ? args[1] : held(holding, touch);
    PyObject *value = object == NULL ? NULL : value_of(object, args[count - 2]);
    if (value == NULL) {
        return 0;
    }
    PyObject *given[] = {value, (PyObject *)touch}, *told = NULL;
    /* Most are numbers and texts, which nobody changes. */
    bool fixed = PyLong_CheckExact(value) || PyFloat_CheckExact(value)
                 || PyUnicode_CheckExact(value) || PyTuple_CheckExact(value);
    told = fixed ? Py_NewRef(value) : method(NULL, given, 2);
    Py_DECREF(value);
    Py_XDECREF(told);
    return told == NULL ? -1 : 0;
}

PyObject *
touch_in_attribute(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, args[0])
    if (!atomic_load_explicit(&alone, memory_order_relaxed)) {
        use_stored(&thread->holding, touch, args, count, value_of_attribute, touch_method);
    }
    return Py_NewRef(args[0]);
}

PyObject *
touch_in_item(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(3, args[0])
    if (!atomic_load_explicit(&alone, memory_order_relaxed)) {
        use_stored(&thread->holding, touch, args, count, value_of_item, touch_method);
    }
    return Py_NewRef(args[0]);
}

/* Lengths, truth and slices. */
PyObject *
touch_whole(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = args[0];
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyBool_Type || type == &PyLong_Type || type == &PyUnicode_Type
        || object == Py_None || is_recent(thread, object, touch, PART_STRUCTURE)) {
        return Py_NewRef(object);
    }
    uint32_t effect = whole_effect(object, touch);
    if (effect) {
        object_operate(thread, object, NULL, 0, touch, effect);
        remember(thread, object, touch, PART_STRUCTURE);
    }
    return Py_NewRef(object);
}

PyObject *
touch_method(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = args[0];
    if (is_recent(thread, object, touch, PART_STRUCTURE)) {
        return Py_NewRef(object);
    }
    uint32_t effect = method_effect(object, touch);
    if (effect) {
        object_operate(thread, object, NULL, 0, touch, effect);
    }
    else {
        object_attribute(thread, object, touch->name, touch->part, touch);
    }
    Record *record = record_find(object);
    if (record != NULL && (!(effect & (GIVES | TAKES)) || !record->shared)) {
        remember(thread, object, touch, PART_STRUCTURE);
    }
    return Py_NewRef(object);
}

/* As Objects/dictobject.c has it, in all versions. */
typedef struct {
    PyObject_HEAD
    PyDictObject *dict;
} DictView;

bool
is_iterator(PyTypeObject *type)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(iterators); i++) {
        if (type == (PyTypeObject *)PyTuple_GET_ITEM(iterators, i)) {
            return true;
        }
    }
    return false;
}

bool
is_view(PyTypeObject *type)
{
    return type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictItems_Type
           || type == &PyODictKeys_Type || type == &PyODictValues_Type
           || type == &PyODictItems_Type;
}

/* What going through an object does: to it or, if it is a view, to what it shows. */
uint32_t
iterate_effect(PyObject **object, const Touch *touch)
{
    static PyObject *iteration;
    if (iteration == NULL) {
        iteration = PyUnicode_InternFromString("__iter__");
    }
    uint32_t effect;
    if (is_view(Py_TYPE(*object))) {
        *object = (PyObject *)((DictView *)*object)->dict;
        effect = STRUCTURE_READ | ITERATES;
    }
    else if (is_iterator(Py_TYPE(*object))) {
        return ADVANCES;
    }
    else {
        effect = effect_of(Py_TYPE(*object), iteration);
    }
    bool in_one_step
        = touch->copies
          && (PyList_CheckExact(*object) || PyDict_CheckExact(*object) || PySet_CheckExact(*object));
    return in_one_step ? effect & ~(uint32_t)ITERATES : effect;
}

PyObject *
touch_iterate(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = args[0];
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyTuple_Type || type == &PyUnicode_Type
        || is_recent(thread, object, touch, PART_STRUCTURE)) {
        return Py_NewRef(object);
    }
    PyObject *of = object;
    uint32_t effect = iterate_effect(&of, touch);
    object_operate(thread, of, NULL, 0, touch, effect);
    if (of == object && record_find(object) != NULL) {
        remember(thread, object, touch, PART_STRUCTURE);
    }
    return Py_NewRef(object);
}

PyObject *
touch_next(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    PyObject *object = args[0];
    if (!is_recent(thread, object, touch, PART_ITERATOR) && is_iterator(Py_TYPE(object))) {
        object_operate(thread, object, NULL, 0, touch, ADVANCES);
        remember(thread, object, touch, PART_ITERATOR);
    }
    return Py_NewRef(object);
}

/* Variables. */

static void
on_variable(Thread *thread, Touch *touch, PyObject *cell_of)
{
    if (cell_of == NULL) {
        PyObject *globals = PyEval_GetGlobals();
        if (globals == NULL || is_recent(thread, globals, touch, touch->part)) {
            return;
        }
        access_one(thread, globals, globals, touch, touch->part, VARIABLE, touch->mode);
        remember(thread, globals, touch, touch->part);
        return;
    }
    PyObject *closure = PyFunction_Check(cell_of) ? PyFunction_GetClosure(cell_of) : NULL;
    if (closure == NULL || PyTuple_GET_SIZE(closure) != 1) {
        return;
    }
    PyObject *cell = PyTuple_GET_ITEM(closure, 0);
    if (!is_recent(thread, cell, touch, PART_CELL)) {
        access_one(thread, cell, cell, touch, PART_CELL, VARIABLE, touch->mode);
        remember(thread, cell, touch, PART_CELL);
    }
}

/* variable(touch) or variable(touch, lambda: x) */
PyObject *
touch_variable(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count < 1 || !is_touch(args[0])) {
        PyErr_SetString(PyExc_TypeError, "not called by instrumented code");
        return NULL;
    }
    Thread *thread = thread_current();
    if (thread != NULL) {
        thread->last = (Touch *)args[0];
        on_variable(thread, thread->last, count > 1 ? args[1] : NULL);
    }
    Py_RETURN_NONE;
}

/* storing(value, touch) or storing(value, touch, lambda: x) */
PyObject *
touch_storing(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count < 2 || !is_touch(args[1])) {
        PyErr_SetString(PyExc_TypeError, "not called by instrumented code");
        return NULL;
    }
    Thread *thread = thread_current();
    if (thread != NULL) {
        thread->last = (Touch *)args[1];
        on_variable(thread, thread->last, count > 2 ? args[2] : NULL);
    }
    return Py_NewRef(args[0]);
}

PyObject *
touch_here(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    return Py_NewRef(args[0]);
}

PyObject imports; /* no object: a channel */
PyObject *iterators; /* tuple of types */

PyObject *
touch_imported(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (thread_current() != NULL) {
        order_receive(&imports);
    }
    Py_RETURN_NONE;
}

/* The last reference to the object is gone, so all that was done with it was before. */
PyObject *
touch_dying(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    ENTER(2, args[0])
    Record *record = record_find(args[0]);
    if (record != NULL) {
        record_lock(record);
        record_clear(record);
        record->maker = thread->index;
        record->made = record->left = thread->time;
        record->given = 0;
        record->shared = false;
        atomic_fetch_add_explicit(generation(args[0]), 1, memory_order_release);
        record_unlock(record);
    }
    return Py_NewRef(args[0]);
}

/* Touches. */

static PyObject *
touch_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<touch %u>", ((Touch *)self)->number);
}

/* Code can be pickled by value (cloudpickle does); see abroad.py. */
static PyObject *
touch_reduce(PyObject *self, PyObject *ignored)
{
    PyObject *abroad = PyImport_ImportModule("ungil.races.abroad");
    PyObject *reduced = abroad == NULL ? NULL
                                       : PyObject_CallMethod(abroad, "reduced", "I",
                                                             ((Touch *)self)->number);
    Py_XDECREF(abroad);
    return reduced;
}

static PyMemberDef touch_members[] = {
    {"shared", T_BOOL, offsetof(Touch, shared), 0, NULL},
    {"touch", T_OBJECT_EX, offsetof(Touch, touch), 0, NULL},
    {NULL},
};

static PyMethodDef touch_methods[] = {
    {"__reduce__", touch_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot touch_slots[] = {
    {Py_tp_methods, touch_methods},
    {Py_tp_members, touch_members},
    {Py_tp_repr, touch_repr},
    {0, NULL},
};

PyType_Spec touch_spec = {
    .name = "ungil.races._native.Touch",
    .basicsize = sizeof(Touch),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = touch_slots,
};

PyTypeObject *touch_type;

/* Threads that load one constant or builtin must not contend for its count. */
void
make_immortal(PyObject *object)
{
#ifdef Py_GIL_DISABLED
    object->ob_tid = 0;
    object->ob_ref_local = UINT32_MAX;
    object->ob_ref_shared = 0;
#elif PY_VERSION_HEX >= 0x030E0000
    Py_SET_REFCNT(object, _Py_IMMORTAL_INITIAL_REFCNT);
#elif PY_VERSION_HEX >= 0x030C0000
    Py_SET_REFCNT(object, _Py_IMMORTAL_REFCNT);
#else
    Py_INCREF(object);
#endif
}

static uint8_t
form_of(const char *form)
{
    static const char *const names[]
        = {"attribute", "named", "item", "whole", "method", "iterate", "next", NULL};
    int number = 0;
    while (names[number] != NULL && strcmp(names[number], form) != 0) {
        number++;
    }
    return (uint8_t)number;
}

/* What copies a list, a set, a dict or a view of one in a single step (Objects/listobject.c,
   _list_extend; setobject.c, set_update_internal; dictobject.c, dict_merge). */
static const char *const copying[] = {"list", "sorted", "set",    "frozenset", "dict",
                                      "join", "extend", "update", NULL};

/* What goes through something, and asks it for more than its items if it has more. */
static const char *const asking[] = {"dict", "OrderedDict", "Counter", "update",     "subtract",
                                     "iter", "reversed",    "**",      "yield from", NULL};

static bool
is_one_of(PyObject *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (PyUnicode_CompareWithASCIIString(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* make(first number, [(form, mode, name, clears, direct, initialises, ((earlier, check), …)),
   …]) -> touches */
PyObject *
touch_make(PyObject *self, PyObject *args)
{
    unsigned first;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "IO!", &first, &PyList_Type, &given)) {
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(given);
    PyObject *made = PyList_New(count);
    for (Py_ssize_t i = 0; made != NULL && i < count; i++) {
        const char *form;
        int mode, clears, direct, initialises;
        PyObject *name, *after;
        Touch *touch = PyObject_New(Touch, touch_type);
        if (touch == NULL
            || !PyArg_ParseTuple(PyList_GET_ITEM(given, i), "siUpppO!", &form, &mode, &name,
                                 &clears, &direct, &initialises, &PyTuple_Type, &after)) {
            Py_XDECREF(touch);
            Py_CLEAR(made);
            break;
        }
        memset((char *)touch + sizeof(PyObject), 0, sizeof(Touch) - sizeof(PyObject));
        touch->number = first + (uint32_t)i;
        touch->salt = touch->number * 2654435761u;
        touch->form = form_of(form);
        touch->mode = (uint8_t)mode;
        touch->clears = clears;
        touch->direct = direct;
        touch->initialises = initialises;
        touch->copies = touch->form == FORM_ITERATE && is_one_of(name, copying);
        touch->by_items = touch->form == FORM_ITERATE && !is_one_of(name, asking);
        touch->takes = strcmp(form, "here") == 0
                       || PyUnicode_CompareWithASCIIString(name, "acquire") == 0;
        touch->reveals = PyUnicode_CompareWithASCIIString(name, "__dict__") == 0;
        touch->name = Py_NewRef(name);
        touch->subscript = PyUnicode_CompareWithASCIIString(name, "__getitem__") == 0;
        PyUnicode_InternInPlace(&touch->name);
        touch->part = part_of_hash(PyObject_Hash(touch->name));
        namespaces_replaced |= touch->reveals && touch->mode != READ;
        make_immortal((PyObject *)touch);
        PyList_SET_ITEM(made, i, (PyObject *)touch);
    }
    for (Py_ssize_t i = 0; made != NULL && i < count; i++) {
        Touch *touch = (Touch *)PyList_GET_ITEM(made, i);
        PyObject *after = PyTuple_GET_ITEM(PyList_GET_ITEM(given, i), 6);
        Py_ssize_t afters = PyTuple_GET_SIZE(after);
        if (afters > MAX_AFTER) {
            afters = MAX_AFTER;
        }
        if (afters == 0) {
            continue;
        }
        touch->after = calloc((size_t)afters, sizeof(After));
        if (touch->after == NULL) {
            PyErr_NoMemory();
            Py_CLEAR(made);
            break;
        }
        for (Py_ssize_t j = 0; j < afters; j++) {
            Py_ssize_t earlier;
            int check;
            if (!PyArg_ParseTuple(PyTuple_GET_ITEM(after, j), "np", &earlier, &check)
                || earlier < 0 || earlier >= count) {
                if (!PyErr_Occurred()) {
                    PyErr_SetString(PyExc_ValueError, "no such touch");
                }
                Py_CLEAR(made);
                break;
            }
            touch->after[j] = (After){(Touch *)PyList_GET_ITEM(made, earlier), check};
        }
        if (made == NULL) {
            break;
        }
        touch->afters = (uint8_t)afters;
    }
    return made;
}
