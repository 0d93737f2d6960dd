/* What an operation on an object accesses: attributes, and items of containers. */

#include "native.h"

PyTypeObject *local_type, *cached_property_type, *filling_type;

/* Attributes. */

/* The class that an attribute found in a type belongs to; borrowed. */
static PyTypeObject *
defining(PyTypeObject *type, PyObject *name, PyObject *found)
{
    PyObject *order = type->tp_mro;
    PyTypeObject *last = type;
    for (Py_ssize_t i = 0; order != NULL && i < PyTuple_GET_SIZE(order); i++) {
        PyTypeObject *one = (PyTypeObject *)PyTuple_GET_ITEM(order, i);
        if (!PyType_HasFeature(one, Py_TPFLAGS_HEAPTYPE)) {
            break;
        }
        if (_PyType_Lookup(one, name) != found) {
            break; /* a base that does not have it, so the one before defines it */
        }
        last = one;
    }
    return last;
}

static bool
is_function(PyObject *found)
{
    PyTypeObject *type = Py_TYPE(found);
    return type == &PyFunction_Type || type == &PyMethodDescr_Type
           || type == &PyWrapperDescr_Type || type == &PyClassMethodDescr_Type
           || type == &PyCFunction_Type || type == &PyClassMethod_Type
           || type == &PyStaticMethod_Type;
}

PyObject *slot_setattr_example; /* a type whose attributes Python code sets */

static bool
sets_itself(PyTypeObject *type)
{
    return type->tp_setattro
           == ((PyTypeObject *)slot_setattr_example)->tp_setattro;
}

void
object_attribute(Thread *thread, PyObject *object, PyObject *name, uint64_t part, Touch *touch)
{
    PyTypeObject *type = Py_TYPE(object);
    uint8_t mode = touch->mode;
    if (PyModule_Check(object)) {
        PyObject *namespace = PyModule_GetDict(object);
        if (record_get(object) != NULL && namespace != NULL) {
            access_one(thread, namespace, object, touch, part, VARIABLE, mode);
        }
        return;
    }
    if (PyType_Check(object)) {
        PyTypeObject *owner = (PyTypeObject *)object;
        if (mode == READ) {
            PyObject *found = _PyType_Lookup(owner, name);
            if (found == NULL || is_function(found)) {
                return;
            }
            owner = defining(owner, name, found);
        }
        if (PyType_HasFeature(owner, Py_TPFLAGS_HEAPTYPE) && record_get(object) != NULL) {
            access_one(thread, (PyObject *)owner, (PyObject *)owner, touch, part, ATTRIBUTE,
                       mode);
        }
        return;
    }
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && type != &PyFunction_Type) {
        return; /* its attributes cannot be set */
    }
    if (local_type != NULL && PyType_IsSubtype(type, local_type)) {
        return;
    }
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL) {
        if (mode != READ && sets_itself(type)) {
            return; /* what it does with it, its own code tells */
        }
        access_one(thread, object, object, touch, part, ATTRIBUTE, mode);
        return;
    }
    PyTypeObject *how = Py_TYPE(found);
    if (how == &PyMemberDescr_Type) { /* a slot */
        access_one(thread, object, object, touch, part, ATTRIBUTE, mode);
        return;
    }
    if (how == &PyGetSetDescr_Type) {
        if (mode == READ && PyUnicode_CompareWithASCIIString(name, "__dict__") == 0) {
            PyObject *namespace = PyObject_GenericGetDict(object, NULL);
            if (namespace == NULL) {
                PyErr_Clear();
            }
            else {
                order_alias(object, namespace);
                Py_DECREF(namespace);
            }
        }
        else if (PyUnicode_CompareWithASCIIString(name, "__dict__") == 0) {
            Access all = {.part = part, .kind = ATTRIBUTE, .mode = mode, .whole = true};
            access_all(thread, object, object, touch, &all, 1);
        }
        return;
    }
    if (how->tp_descr_set != NULL) {
        return; /* a property: what it does, its own code tells */
    }
    if (mode != READ) {
        if (!sets_itself(type)) {
            access_one(thread, object, object, touch, part, ATTRIBUTE, mode);
        }
        return;
    }
    Record *record = record_get(object);
    if (record == NULL) {
        return;
    }
    if (is_function(found)) {
        record_lock(record);
        bool set = shadow_get(record, part, false) != NULL;
        record_unlock(record);
        if (set) {
            access_one(thread, object, object, touch, part, ATTRIBUTE, mode);
        }
        return;
    }
    PyObject *value = type->tp_dictoffset == 0 && !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)
                          ? NULL
                          : PyObject_GenericGetDict(object, NULL);
    if (value == NULL) {
        PyErr_Clear();
    }
    PyObject *own = value == NULL ? NULL : PyDict_GetItemWithError(value, name);
    if (own == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(value);
    if (cached_property_type != NULL && PyType_IsSubtype(how, cached_property_type)) {
        access_one(thread, object, object, touch, part, ATTRIBUTE,
                   own == NULL ? UPDATE : READ);
    }
    else if (own != NULL || how->tp_descr_get != NULL) {
        access_one(thread, object, object, touch, part, ATTRIBUTE, mode);
    }
    else {
        PyObject *owner = (PyObject *)defining(type, name, found);
        access_one(thread, owner, owner, touch, part, ATTRIBUTE, mode);
    }
}

/* Items. */

/* Can the hash of a key be asked for without running code of the program? */
static bool
is_plain(PyObject *key, int depth)
{
    if (PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || key == Py_None
        || PyBool_Check(key) || PyFloat_CheckExact(key) || PyBytes_CheckExact(key)) {
        return true;
    }
    if (PyTuple_CheckExact(key) && depth < 4) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
            if (!is_plain(PyTuple_GET_ITEM(key, i), depth + 1)) {
                return false;
            }
        }
        return true;
    }
    return false;
}

uint64_t
part_of_key(const Thread *thread, PyObject *key)
{
    /* Items by threading.get_ident(): the number of a thread that has ended is given again. */
    if (PyLong_CheckExact(key) && PyLong_AsUnsignedLongMask(key) == thread->ident) {
        return mixed(thread->ident, thread->index, 2) | FIRST_FREE;
    }
    if (is_plain(key, 0)) {
        Py_hash_t hash = PyObject_Hash(key);
        if (hash != -1) {
            return part_of_hash(hash);
        }
        PyErr_Clear();
    }
    /* Its code is not run for us: such a key is told by its identity. */
    Record *record = record_get(key);
    return record == NULL ? 0 : mixed(record->number, 1, 1) | FIRST_FREE;
}

/* Can a key be looked up without running code of its own? An object that is equal to nothing
   but itself can; but its hash is its address, which another may have later. */
static bool
is_searchable(PyObject *key, int depth)
{
    PyTypeObject *type = Py_TYPE(key);
    if (type == &PyTuple_Type && depth < 4) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
            if (!is_searchable(PyTuple_GET_ITEM(key, i), depth + 1)) {
                return false;
            }
        }
        return true;
    }
    return is_plain(key, depth)
           || (type->tp_hash == PyBaseObject_Type.tp_hash
               && type->tp_richcompare == PyBaseObject_Type.tp_richcompare);
}

static bool
has_key(PyObject *object, PyObject *key)
{
    int has = PyDict_Check(object)     ? PyDict_Contains(object, key)
              : PyAnySet_Check(object) ? PySet_Contains(object, key)
                                       : 0;
    if (has < 0) {
        PyErr_Clear();
    }
    return has > 0;
}

void
object_operate(Thread *thread, PyObject *object, PyObject *key, uint64_t part, Touch *touch,
        uint32_t effect)
{
    Access accesses[2];
    int number = 0;
    if (effect == 0) {
        return;
    }
    if (key != NULL && PyLong_CheckExact(key) && PyList_Check(object)) {
        Py_ssize_t index = PyLong_AsSsize_t(key);
        if (index < 0) {
            PyErr_Clear();
            part = part_of_hash(index + PyList_GET_SIZE(object));
        }
    }
    bool update = touch->mode == UPDATE;
    bool structure_write = effect & STRUCTURE_WRITE;
    if (key != NULL && effect & (IF_MISSING | IF_PRESENT | FILLS) && is_searchable(key, 0)) {
        bool has = has_key(object, key);
        if (effect & IF_MISSING) {
            structure_write = !has;
        }
        if (effect & IF_PRESENT) {
            structure_write = has;
        }
        if (effect & FILLS && !has) {
            structure_write = update = true;
        }
    }
    if (effect & (KEY_READ | KEY_WRITE) && key != NULL && part != 0) {
        accesses[number++] = (Access){
            .part = part,
            .kind = ITEM,
            .mode = update ? UPDATE : effect & KEY_WRITE ? WRITE : READ,
        };
    }
    if (structure_write || effect & (STRUCTURE_READ | ALL_WRITE)) {
        accesses[number++] = (Access){
            .part = PART_STRUCTURE,
            .kind = STRUCTURE,
            .mode = !(structure_write || effect & ALL_WRITE)   ? READ
                    : update || effect & STEPWISE              ? UPDATE
                                                               : WRITE,
            .iterates = effect & ITERATES,
            .whole = effect & ALL_WRITE,
        };
    }
    if (effect & ADVANCES) {
        accesses[number++] = (Access){
            .part = PART_ITERATOR, .kind = ITERATOR, .mode = UPDATE, .iterates = true};
    }
    if (number) {
        access_all(thread, object, object, touch, accesses, number);
    }
    if (effect & (GIVES | TAKES)) {
        /* What was put into a container by one thread and taken out of it by another was
           handed over; only where threads do share it. */
        Record *record = record_find(object);
        if (record != NULL && record->shared) {
            if (effect & GIVES) {
                order_post(object);
            }
            if (effect & TAKES) {
                order_receive(object);
            }
        }
    }
}

void
object_item(Thread *thread, PyObject *object, PyObject *key, uint64_t part, Touch *touch)
{
    uint32_t effect = effect_of(Py_TYPE(object), touch->name);
    if (effect == KEY_READ && touch->subscript && PyType_IsSubtype(Py_TYPE(object), filling_type)) {
        effect |= FILLS;
    }
    object_operate(thread, object, key, part, touch, effect);
}
