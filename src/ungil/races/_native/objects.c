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

/* Where an attribute of an object is, as Language.place_of has it; false if nowhere that
   threads share. */
bool
place_of(PyObject *object, PyObject *name, const Touch *touch, Place *place)
{
    uint8_t mode = touch->mode;
    PyTypeObject *type = Py_TYPE(object);
    *place = (Place){.owner = object, .kind = ATTRIBUTE, .mode = mode};
    if (PyModule_Check(object)) {
        place->owner = PyModule_GetDict(object);
        place->kind = VARIABLE;
        return place->owner != NULL;
    }
    if (PyType_Check(object)) {
        PyTypeObject *owner = (PyTypeObject *)object;
        if (mode == READ && touch->reveals) {
            place->alias = true;
            return PyType_HasFeature(owner, Py_TPFLAGS_HEAPTYPE);
        }
        if (mode == READ) {
            PyObject *found = _PyType_Lookup(owner, name);
            if (found == NULL ? _PyType_Lookup(type, name) != NULL : is_function(found)) {
                return false; /* of its metaclass, or made with it */
            }
            if (found != NULL) {
                owner = defining(owner, name, found);
            }
        }
        place->owner = (PyObject *)owner;
        return PyType_HasFeature(owner, Py_TPFLAGS_HEAPTYPE);
    }
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && type->tp_dictoffset == 0) {
        return false; /* its attributes cannot be set, as those of a function can */
    }
    if (local_type != NULL && PyType_IsSubtype(type, local_type)) {
        return false;
    }
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL) {
        /* What setting it does, its own code tells if it has any. */
        return mode == READ || touch->direct || !sets_itself(type);
    }
    PyTypeObject *how = Py_TYPE(found);
    if (how == &PyMemberDescr_Type) { /* a slot */
        return true;
    }
    if (how == &PyGetSetDescr_Type) {
        place->whole = mode != READ;
        place->alias = mode == READ;
        return PyUnicode_CompareWithASCIIString(name, "__dict__") == 0;
    }
    if (how->tp_descr_set != NULL) {
        return false; /* a property: what it does, its own code tells */
    }
    if (mode != READ) {
        return touch->direct || !sets_itself(type);
    }
    if (is_function(found)) {
        place->if_set = true;
        return true;
    }
    PyObject *value = PyObject_GenericGetDict(object, NULL);
    if (value == NULL) {
        PyErr_Clear();
    }
    PyObject *own = value == NULL ? NULL : PyDict_GetItemWithError(value, name);
    if (own == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(value);
    if (cached_property_type != NULL && PyType_IsSubtype(how, cached_property_type)) {
        place->mode = own == NULL ? UPDATE : READ;
    }
    else if (own == NULL && how->tp_descr_get == NULL) {
        place->owner = (PyObject *)defining(type, name, found);
    }
    return true;
}

/* The dict of an object's or a class's own attributes; NULL if it has none. */
PyObject *
namespace_of(PyObject *object)
{
    PyObject *namespace = PyType_Check(object)
                              ? Py_XNewRef(((PyTypeObject *)object)->tp_dict)
                              : PyObject_GenericGetDict(object, NULL);
    if (namespace == NULL) {
        PyErr_Clear();
    }
    return namespace;
}

/* As Objects/descrobject.c has it, in all versions. */
typedef struct {
    PyObject_HEAD
    PyObject *mapping;
} MappingProxy;

/* What a look at a mapping looks at: the `__dict__` of a class is made anew each time. */
PyObject *
looked_through(PyObject *object)
{
    return Py_IS_TYPE(object, &PyDictProxy_Type) ? ((MappingProxy *)object)->mapping : object;
}

void
object_attribute(Thread *thread, PyObject *object, PyObject *name, uint64_t part, Touch *touch)
{
    Place place;
    if (!place_of(object, name, touch, &place)) {
        return;
    }
    if (place.alias) {
        PyObject *namespace = namespace_of(object);
        if (namespace != NULL) {
            order_alias(object, namespace);
            Py_DECREF(namespace);
        }
        return;
    }
    Record *record = record_get(object);
    if (record == NULL) {
        return;
    }
    if (place.if_set) {
        record_lock(record);
        bool set = shadow_get(record, part, false) != NULL;
        record_unlock(record);
        if (!set) {
            return;
        }
    }
    Access access
        = {.part = part, .kind = place.kind, .mode = place.mode, .whole = place.whole};
    access_all(thread, place.owner, PyModule_Check(object) ? object : place.owner, touch,
               &access, 1);
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

/* The item of a key; 0 if that cannot be told without running code of the program. */
uint64_t
plain_part(PyObject *key)
{
    if (is_plain(key, 0)) {
        Py_hash_t hash = PyObject_Hash(key);
        if (hash != -1) {
            return part_of_hash(hash);
        }
        PyErr_Clear();
    }
    return 0;
}

uint64_t
part_of_key(const Thread *thread, PyObject *key)
{
    /* Items by threading.get_ident(): the number of a thread that has ended is given again. */
    if (PyLong_CheckExact(key) && PyLong_AsUnsignedLongMask(key) == thread->ident) {
        return mixed(thread->ident, thread->index, 2) | FIRST_FREE;
    }
    uint64_t part = plain_part(key);
    if (part) {
        return part;
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

/* What an attribute or an item holds, without running code of the program; NULL if that cannot
   be told, or there is none. A new reference. */

PyObject *
value_of_attribute(PyObject *object, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *value = NULL;
    if (PyModule_CheckExact(object)) {
        PyObject *variables = PyModule_GetDict(object);
        value = variables == NULL ? NULL : value_of_item(variables, name);
    }
    else if (PyType_CheckExact(object)) {
        value = Py_XNewRef(_PyType_Lookup((PyTypeObject *)object, name));
    }
    else if (type->tp_getattro == PyObject_GenericGetAttr) {
        PyObject *found = _PyType_Lookup(type, name);
        bool is_stored = found == NULL || Py_IS_TYPE(found, &PyMemberDescr_Type)
                         || (Py_TYPE(found)->tp_descr_get == NULL
                             && Py_TYPE(found)->tp_descr_set == NULL);
        value = is_stored ? PyObject_GenericGetAttr(object, name) : NULL;
    }
    PyErr_Clear();
    return value;
}

PyObject *
value_of_item(PyObject *object, PyObject *key)
{
    PyObject *value = NULL;
    if (!is_searchable(key, 0)) {
        return NULL;
    }
    if (PyDict_Check(object)) {
#if PY_VERSION_HEX >= 0x030D0000
        (void)PyDict_GetItemRef(object, key, &value);
#else
        value = Py_XNewRef(PyDict_GetItemWithError(object, key));
#endif
    }
    else if (PyList_CheckExact(object) && PyLong_CheckExact(key)) {
        Py_ssize_t index = PyLong_AsSsize_t(key);
        value = PyErr_Occurred() ? NULL : PySequence_GetItem(object, index);
    }
    PyErr_Clear();
    return value;
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

/* What an operation of a container accesses, as parts_of of the reference has it; how many
   parts, at most MOST_PARTS. */
int
parts_of(PyObject *object, PyObject *key, uint64_t part, const Touch *touch, uint32_t effect,
         Access *accesses)
{
    int number = 0;
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
    return number;
}

/* What was put in before threads shared it was told to nobody. */
static void
take_from_maker(Thread *thread, const Record *record)
{
    if (record->given && !thread_knows(thread, record->maker, record->given)) {
        thread_comes_after(thread, record->maker, record->given);
    }
}

void
object_operate(Thread *thread, PyObject *object, PyObject *key, uint64_t part, Touch *touch,
               uint32_t effect)
{
    if (effect == 0) {
        return;
    }
    Access accesses[MOST_PARTS];
    int number = parts_of(object, key, part, touch, effect, accesses);
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
                record->taken_from = true;
                order_receive(object);
                take_from_maker(thread, record);
                thread->took = object;
                thread->took_number = record->number;
            }
        }
        else if (record != NULL && effect & GIVES) {
            /* To tell all that it puts in would make each list that one thread fills slow. */
            record->given = thread->time;
        }
    }
}

/* What the method that a touch names does to an object; of a direct one, that of the nearest
   built-in type among its bases. */
uint32_t
method_effect(PyObject *object, const Touch *touch)
{
    PyTypeObject *type = Py_TYPE(object);
    uint32_t effect = effect_of(type, touch->name);
    while (touch->direct && !effect && (type = type->tp_base) != NULL) {
        effect = effect_of(type, touch->name);
    }
    return effect;
}

uint32_t
item_effect(PyObject *object, const Touch *touch)
{
    uint32_t effect = method_effect(object, touch);
    return effect == KEY_READ && touch->subscript
                   && PyType_IsSubtype(Py_TYPE(object), filling_type)
               ? effect | FILLS
               : effect;
}

/* What asking for the length of an object does, or changing all of it. */
uint32_t
whole_effect(PyObject *object, const Touch *touch)
{
    static PyObject *length;
    if (length == NULL) {
        length = PyUnicode_InternFromString("__len__");
    }
    return !effect_of(Py_TYPE(object), length) ? 0
           : touch->mode == READ               ? STRUCTURE_READ
                                               : STRUCTURE_WRITE | ALL_WRITE;
}

