/* When an object's memory is used anew, what was known of the old one must be forgotten.

   From 3.13 on the interpreter tells of every object that is made or dies
   (PyRefTracer_SetTracer, C API reference, "Object Life Cycle"). Before, memory that is
   given back is seen at the allocator; what the types of lists and dicts keep for
   themselves when one of theirs dies, at their deallocators. Weak references would be
   simpler, but lists and dicts have none, and a program can count them. */

#include "native.h"

#include <stdlib.h>

#if PY_VERSION_HEX >= 0x030D0000

static int
tell(PyObject *object, PyRefTracerEvent event, void *data)
{
    (void)event, (void)data;
    /* Also when it is made: a finaliser may have used it after its death was told. */
    if (object != NULL) {
        record_forget(object);
    }
    return 0;
}

int
lifetimes_watch(void)
{
    return PyRefTracer_SetTracer(tell, NULL);
}

void
lifetimes_unwatch(void)
{
    void *data;
    if (PyRefTracer_GetTracer(&data) == tell) {
        PyRefTracer_SetTracer(NULL, NULL);
    }
}

#else

static PyMemAllocatorEx before;
static bool installed;

static void
forget_block(void *block)
{
    if (block != NULL) {
        record_forget_at(block, 0);
        record_forget_at((char *)block + 16, 16);
        record_forget_at((char *)block + 32, 32);
    }
}

static void *
watch_malloc(void *context, size_t size)
{
    (void)context;
    return before.malloc(before.ctx, size);
}

static void *
watch_calloc(void *context, size_t count, size_t size)
{
    (void)context;
    return before.calloc(before.ctx, count, size);
}

static void *
watch_realloc(void *context, void *block, size_t size)
{
    (void)context;
    void *moved = before.realloc(before.ctx, block, size);
    if (moved != NULL && moved != block) {
        forget_block(block);
    }
    return moved;
}

static void
watch_free(void *context, void *block)
{
    (void)context;
    forget_block(block);
    before.free(before.ctx, block);
}

/* The types' own trashcans look whether the deallocator is theirs, so with ours in its
   place they no longer bound the depth of the C stack; this does. */
#define DEEPEST 50

static _Thread_local unsigned depth;
static _Thread_local PyObject **late;
static _Thread_local size_t lates, late_room;

static destructor list_dealloc, dict_dealloc;

static void
dealloc(PyObject *object, destructor original)
{
    record_forget(object);
    /* What is of a subclass is in the hands of a deallocator that bounds the depth itself. */
    if (depth >= DEEPEST && (PyList_CheckExact(object) || PyDict_CheckExact(object))) {
        if (lates == late_room) {
            size_t room = late_room ? late_room * 2 : 64;
            PyObject **moved = realloc(late, room * sizeof(PyObject *));
            if (moved != NULL) {
                late = moved;
                late_room = room;
            }
        }
        if (lates < late_room) {
            if (PyObject_GC_IsTracked(object)) {
                PyObject_GC_UnTrack(object);
            }
            late[lates++] = object;
            return;
        }
    }
    depth++;
    original(object);
    depth--;
    while (depth == 0 && lates > 0) {
        PyObject *next = late[--lates];
        depth++;
        (PyList_Check(next) ? list_dealloc : dict_dealloc)(next);
        depth--;
    }
    if (depth == 0 && late != NULL) {
        free(late);
        late = NULL;
        late_room = 0;
    }
}

static void
watch_list_dealloc(PyObject *object)
{
    dealloc(object, list_dealloc);
}

static void
watch_dict_dealloc(PyObject *object)
{
    dealloc(object, dict_dealloc);
}

int
lifetimes_watch(void)
{
    if (installed) {
        return 0;
    }
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &before);
    PyMemAllocatorEx ours = {NULL, watch_malloc, watch_calloc, watch_realloc, watch_free};
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &ours);
    list_dealloc = PyList_Type.tp_dealloc;
    dict_dealloc = PyDict_Type.tp_dealloc;
    PyList_Type.tp_dealloc = watch_list_dealloc;
    PyDict_Type.tp_dealloc = watch_dict_dealloc;
    installed = true;
    return 0;
}

void
lifetimes_unwatch(void)
{
    if (!installed) {
        return;
    }
    PyMemAllocatorEx now;
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &now);
    if (now.free == watch_free) { /* somebody else's may stand before it */
        PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &before);
    }
    PyList_Type.tp_dealloc = list_dealloc;
    PyDict_Type.tp_dealloc = dict_dealloc;
    installed = false;
}

#endif
