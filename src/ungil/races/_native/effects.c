/* What the containers' own methods do, by their descriptor; effects.py says it. */

#include "native.h"

#define EFFECTS 1024
static struct {
    PyObject *descriptor;
    uint32_t effect;
} effects[EFFECTS];

static inline unsigned
effect_slot(const void *descriptor)
{
    uint64_t bits = (uint64_t)(uintptr_t)descriptor >> 4;
    return (unsigned)((bits * 0x9E3779B97F4A7C15u) >> 54);
}

int
effects_set(PyObject *given)
{
    PyObject *descriptor, *effect;
    Py_ssize_t at = 0;
    if (PyDict_GET_SIZE(given) > EFFECTS / 2) {
        PyErr_SetString(PyExc_ValueError, "too many effects");
        return -1;
    }
    for (int i = 0; i < EFFECTS; i++) {
        Py_CLEAR(effects[i].descriptor);
    }
    while (PyDict_Next(given, &at, &descriptor, &effect)) {
        unsigned slot = effect_slot(descriptor);
        while (effects[slot].descriptor != NULL) {
            slot = (slot + 1) % EFFECTS;
        }
        effects[slot].descriptor = Py_NewRef(descriptor);
        effects[slot].effect = (uint32_t)PyLong_AsLong(effect);
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

/* What a method of a type does; 0 if it is no container's own. */
uint32_t
effect_of(PyTypeObject *type, PyObject *name)
{
    PyObject *descriptor = _PyType_Lookup(type, name);
    if (descriptor == NULL) {
        return 0;
    }
    unsigned slot = effect_slot(descriptor);
    while (effects[slot].descriptor != NULL) {
        if (effects[slot].descriptor == descriptor) {
            return effects[slot].effect;
        }
        slot = (slot + 1) % EFFECTS;
    }
    return 0;
}
