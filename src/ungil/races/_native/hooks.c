/* Being told of the calls of C functions that order threads.

   The function pointer in a type's (or module's) own table of methods is exchanged, so
   every alias, bound method and subclass is seen, however early it was made, and no object
   that the program can see is another than before. A program's `with lock:` and
   threading.Condition come through here alike.

   In the same way others can be called in the place of such functions (`exchange`), which
   is how the threads of a program come under control. */

#include "native.h"

typedef enum {
    ACQUIRE,
    RELEASE,
    RELEASE_SAVE,
    ACQUIRE_RESTORE,
    PUT,
    GET,
    START,
    JOIN,
    IS_DONE,
    SENTINEL,
    SHUTDOWN,
    BLOCKS,
    NAMESPACE,
} Action;

static const char *const actions[] = {
    "acquire", "release", "release_save", "acquire_restore", "put", "get", "start",
    "join", "is_done", "sentinel", "shutdown", "blocks", "namespace", NULL,
};

#define MOST 64

typedef struct {
    PyMethodDef *method;
    PyCFunction original;
    Action action;
    const char *what;
    PyObject *instead; /* is called in its place */
    bool of_module;
} Hook;

static Hook hooks[MOST];
static int installed;

/* The first positional argument; borrowed, or NULL. */
static inline PyObject *
first(PyObject *const *args, Py_ssize_t count)
{
    return count > 0 ? args[0] : NULL;
}

/* The tables are shared by all interpreters of the process; only the main one is watched. */
static inline bool
is_elsewhere(void)
{
    return PyInterpreterState_Get() != PyInterpreterState_Main();
}

static void
before(Hook *hook, PyObject *self)
{
    if (is_elsewhere()) {
        return;
    }
    switch (hook->action) {
    case RELEASE:
        order_release(self, false);
        break;
    case RELEASE_SAVE:
        order_release(self, true);
        break;
    case PUT:
        order_post(self);
        break;
    case BLOCKS:
        order_blocks(hook->what, NULL);
        break;
    default:
        break;
    }
}

static void
after(Hook *hook, PyObject *self, PyObject *argument, PyObject *result)
{
    if (result == NULL || is_elsewhere()) {
        return;
    }
    switch (hook->action) {
    case ACQUIRE:
        if (result == Py_True) {
            order_acquire(self, 1, argument == Py_False);
        }
        break;
    case ACQUIRE_RESTORE: {
        /* The argument is what _release_save gave: how often it was held, and by whom. */
        long count = 1;
        if (argument != NULL && PyTuple_Check(argument) && PyTuple_GET_SIZE(argument) == 1
            && PyTuple_Check(PyTuple_GET_ITEM(argument, 0))) {
            argument = PyTuple_GET_ITEM(argument, 0);
        }
        if (argument != NULL && PyTuple_Check(argument) && PyTuple_GET_SIZE(argument) == 2
            && PyLong_Check(PyTuple_GET_ITEM(argument, 0))) {
            count = PyLong_AsLong(PyTuple_GET_ITEM(argument, 0));
            PyErr_Clear();
        }
        order_acquire(self, count > 0 ? (uint32_t)count : 1, true);
        break;
    }
    case GET:
        order_receive(self);
        break;
    case JOIN:
        order_join(self);
        break;
    case IS_DONE:
        if (result == Py_True) {
            order_join(self);
        }
        break;
    case SENTINEL:
        order_sentinel(result);
        break;
    case SHUTDOWN:
        order_join_all();
        break;
    case NAMESPACE:
        if (argument != NULL && PyDict_Check(result)) {
            order_alias(argument, result);
        }
        break;
    default:
        break;
    }
}

/* Starting a thread: the function that it shall run is wrapped. */

static PyObject *
start(Hook *hook, PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *function = NULL, *handle = NULL;
    if (PyTuple_GET_SIZE(args) > 0) {
        function = PyTuple_GET_ITEM(args, 0);
    }
    else if (kwargs != NULL) {
        function = PyDict_GetItemString(kwargs, "function");
    }
    if (PyTuple_GET_SIZE(args) > 1) {
        handle = PyTuple_GET_ITEM(args, 1);
    }
    else if (kwargs != NULL) {
        handle = PyDict_GetItemString(kwargs, "handle");
    }
    bool joinable = hook->method->ml_flags & METH_KEYWORDS;
    Thread *child = NULL;
    PyObject *wrapped = function == NULL || !PyCallable_Check(function) || is_elsewhere()
                            ? NULL
                            : order_starting(function, &child);
    if (wrapped == NULL) {
        PyErr_Clear();
        return joinable ? ((PyCFunctionWithKeywords)(void (*)(void))hook->original)(self, args, kwargs)
                        : hook->original(self, args);
    }
    if (joinable && handle != NULL && handle != Py_None) {
        order_started(handle, child);
    }
    PyObject *result = NULL, *others = NULL, *named = NULL;
    if (PyTuple_GET_SIZE(args) > 0) {
        others = PyTuple_GetSlice(args, 0, PyTuple_GET_SIZE(args));
        if (others != NULL && others == args) { /* a whole slice of a tuple is the tuple */
            Py_DECREF(others);
            others = PyTuple_New(PyTuple_GET_SIZE(args));
            for (Py_ssize_t i = 0; others != NULL && i < PyTuple_GET_SIZE(args); i++) {
                PyTuple_SET_ITEM(others, i, Py_NewRef(PyTuple_GET_ITEM(args, i)));
            }
        }
        if (others != NULL) {
            Py_SETREF(PyTuple_GET_ITEM(others, 0), Py_NewRef(wrapped));
        }
        named = Py_XNewRef(kwargs);
    }
    else {
        others = Py_NewRef(args);
        named = PyDict_Copy(kwargs);
        if (named == NULL || PyDict_SetItemString(named, "function", wrapped) < 0) {
            Py_CLEAR(others);
        }
    }
    if (others != NULL) {
        result = joinable
                     ? ((PyCFunctionWithKeywords)(void (*)(void))hook->original)(self, others, named)
                     : hook->original(self, others);
    }
    if (result != NULL && joinable && (handle == NULL || handle == Py_None)) {
        order_started(result, child);
    }
    Py_XDECREF(others);
    Py_XDECREF(named);
    Py_DECREF(wrapped);
    return result;
}

/* One function for each hook and each way in which C functions are called. */

typedef PyObject *(*Fast)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*FastKeywords)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
typedef PyObject *(*Method)(
    PyObject *, PyTypeObject *, PyObject *const *, Py_ssize_t, PyObject *);

static bool
is_exchanged(Hook *hook)
{
    return hook->instead != NULL && !is_elsewhere();
}

static PyObject *
instead(Hook *hook, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (hook->of_module) {
        return PyObject_Vectorcall(hook->instead, args, (size_t)count, names);
    }
    PyObject *few[8], **all = few;
    Py_ssize_t most = count + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
    if (most >= 8 && (all = PyMem_Malloc(sizeof(PyObject *) * (size_t)(most + 1))) == NULL) {
        return PyErr_NoMemory();
    }
    all[0] = self;
    for (Py_ssize_t i = 0; i < most; i++) {
        all[i + 1] = args[i];
    }
    PyObject *result = PyObject_Vectorcall(hook->instead, all, (size_t)count + 1, names);
    if (all != few) {
        PyMem_Free(all);
    }
    return result;
}

static PyObject *
instead_tuple(Hook *hook, PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *all;
    if (kwargs == NULL) {
        return instead(hook, self, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), NULL);
    }
    if (hook->of_module) {
        all = Py_NewRef(args);
    }
    else {
        all = PyTuple_New(PyTuple_GET_SIZE(args) + 1);
        if (all != NULL) {
            PyTuple_SET_ITEM(all, 0, Py_NewRef(self));
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
                PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
            }
        }
    }
    PyObject *result = all == NULL ? NULL : PyObject_Call(hook->instead, all, kwargs);
    Py_XDECREF(all);
    return result;
}

static PyObject *
plain(Hook *hook, PyObject *self, PyObject *args)
{
    if (is_exchanged(hook)) {
        return hook->method->ml_flags & METH_VARARGS
                   ? instead_tuple(hook, self, args, NULL)
                   : instead(hook, self, &args, args != NULL, NULL);
    }
    if (hook->action == START) {
        return start(hook, self, args, NULL);
    }
    PyObject *argument = args != NULL && hook->method->ml_flags & METH_VARARGS
                                 && hook->action != ACQUIRE_RESTORE
                             ? (PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL)
                             : args;
    before(hook, self);
    PyObject *result = hook->original(self, args);
    after(hook, self, argument, result);
    return result;
}

static PyObject *
keywords(Hook *hook, PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (is_exchanged(hook)) {
        return instead_tuple(hook, self, args, kwargs);
    }
    if (hook->action == START) {
        return start(hook, self, args, kwargs);
    }
    before(hook, self);
    PyObject *result
        = ((PyCFunctionWithKeywords)(void (*)(void))hook->original)(self, args, kwargs);
    /* `blocking` is the only argument that anybody here asks for. */
    PyObject *argument = args != NULL && PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0)
                         : kwargs != NULL ? PyDict_GetItemString(kwargs, "blocking")
                                          : NULL;
    after(hook, self, argument, result);
    return result;
}

static PyObject *
fast(Hook *hook, PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (is_exchanged(hook)) {
        return instead(hook, self, args, count, NULL);
    }
    before(hook, self);
    PyObject *result = ((Fast)(void (*)(void))hook->original)(self, args, count);
    after(hook, self, first(args, count), result);
    return result;
}

static PyObject *
fast_keywords(
    Hook *hook, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (is_exchanged(hook)) {
        return instead(hook, self, args, count, names);
    }
    before(hook, self);
    PyObject *result = ((FastKeywords)(void (*)(void))hook->original)(self, args, count, names);
    PyObject *argument = first(args, count);
    for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++) {
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), "blocking") == 0) {
            argument = args[count + i];
        }
    }
    after(hook, self, argument, result);
    return result;
}

static PyObject *
method(Hook *hook, PyObject *self, PyTypeObject *type, PyObject *const *args,
       Py_ssize_t count, PyObject *names)
{
    if (is_exchanged(hook)) {
        return instead(hook, self, args, count, names);
    }
    before(hook, self);
    PyObject *result
        = ((Method)(void (*)(void))hook->original)(self, type, args, count, names);
    after(hook, self, first(args, count), result);
    return result;
}

#define FUNCTIONS(i)                                                                        \
    static PyObject *plain_##i(PyObject *self, PyObject *args)                              \
    {                                                                                       \
        return plain(&hooks[i], self, args);                                                \
    }                                                                                       \
    static PyObject *keywords_##i(PyObject *self, PyObject *args, PyObject *kwargs)         \
    {                                                                                       \
        return keywords(&hooks[i], self, args, kwargs);                                     \
    }                                                                                       \
    static PyObject *fast_##i(PyObject *self, PyObject *const *args, Py_ssize_t count)      \
    {                                                                                       \
        return fast(&hooks[i], self, args, count);                                          \
    }                                                                                       \
    static PyObject *fast_keywords_##i(                                                     \
        PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)           \
    {                                                                                       \
        return fast_keywords(&hooks[i], self, args, count, names);                          \
    }                                                                                       \
    static PyObject *method_##i(PyObject *self, PyTypeObject *type, PyObject *const *args,  \
                                Py_ssize_t count, PyObject *names)                          \
    {                                                                                       \
        return method(&hooks[i], self, type, args, count, names);                           \
    }

#define EACH8(do, n) do(n##0) do(n##1) do(n##2) do(n##3) do(n##4) do(n##5) do(n##6) do(n##7)
#define EACH(do) EACH8(do, ) EACH8(do, 1) EACH8(do, 2) EACH8(do, 3) EACH8(do, 4) EACH8(do, 5)

EACH(FUNCTIONS)

#define CAST(function) (PyCFunction)(void (*)(void)) function
#define ROW(i)                                                                              \
    [i] = {CAST(plain_##i), CAST(keywords_##i), CAST(fast_##i), CAST(fast_keywords_##i),     \
           CAST(method_##i)},

static const PyCFunction functions[MOST][5] = {EACH(ROW)};

static PyCFunction
function_for(int index, int flags)
{
    if (functions[index][0] == NULL) {
        return NULL;
    }
    switch (flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST)) {
    case METH_VARARGS:
    case METH_NOARGS:
    case METH_O:
        return functions[index][0];
    case METH_VARARGS | METH_KEYWORDS:
        return functions[index][1];
    case METH_FASTCALL:
        return functions[index][2];
    case METH_FASTCALL | METH_KEYWORDS:
        return functions[index][3];
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return functions[index][4];
    }
    return NULL;
}

static PyMethodDef *
method_of(PyObject *callable)
{
    if (PyCFunction_Check(callable)) {
        return ((PyCFunctionObject *)callable)->m_ml;
    }
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        return ((PyMethodDescrObject *)callable)->d_method;
    }
    return NULL;
}

/* hooks: a sequence of (method descriptor or built-in function, action, what it is). */
int
hooks_install(PyObject *sequence)
{
    PyObject *all = PySequence_Fast(sequence, "hooks are a sequence");
    if (all == NULL) {
        return -1;
    }
    int index = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(all); i++) {
        PyObject *callable;
        const char *action, *what;
        if (!PyArg_ParseTuple(
                PySequence_Fast_GET_ITEM(all, i), "Oss", &callable, &action, &what)) {
            Py_DECREF(all);
            return -1;
        }
        while (index < MOST && functions[index][0] == NULL) {
            index++;
        }
        PyMethodDef *found = method_of(callable);
        int number = 0;
        while (actions[number] != NULL && strcmp(actions[number], action) != 0) {
            number++;
        }
        PyCFunction ours = found == NULL || index >= MOST || actions[number] == NULL
                               ? NULL
                               : function_for(index, found->ml_flags);
        if (ours == NULL) {
            PyErr_Format(PyExc_ValueError, "no hook on %R to %s", callable, action);
            Py_DECREF(all);
            hooks_remove();
            return -1;
        }
        /* The texts live as long as the module that the caller keeps them in. */
        hooks[index]
            = (Hook){.method = found, .original = found->ml_meth, .action = (Action)number,
                     .what = what};
        found->ml_meth = ours;
        index++;
        installed = index;
    }
    Py_DECREF(all);
    return 0;
}

/* What is in the middle of a call goes on through its hook, which therefore stays filled. */
void
hooks_remove(void)
{
    for (int i = installed - 1; i >= 0; i--) {
        if (hooks[i].method != NULL) {
            hooks[i].method->ml_meth = hooks[i].original;
        }
    }
    installed = 0;
}

/* exchange([(method descriptor or built-in function, what to call in its place), …])
   -> the originals, which can be called as before. */
PyObject *
hooks_exchange(PyObject *self, PyObject *pairs)
{
    if (installed) {
        PyErr_SetString(PyExc_RuntimeError, "functions are hooked already");
        return NULL;
    }
    PyObject *all = PySequence_Fast(pairs, "pairs are a sequence");
    PyObject *originals = all == NULL ? NULL : PyList_New(0);
    int index = 0;
    for (Py_ssize_t i = 0; originals != NULL && i < PySequence_Fast_GET_SIZE(all); i++) {
        PyObject *callable, *ours, *original = NULL;
        if (!PyArg_ParseTuple(PySequence_Fast_GET_ITEM(all, i), "OO", &callable, &ours)) {
            Py_CLEAR(originals);
            break;
        }
        while (index < MOST && functions[index][0] == NULL) {
            index++;
        }
        PyMethodDef *found = method_of(callable);
        PyCFunction pointer
            = found == NULL || index >= MOST ? NULL : function_for(index, found->ml_flags);
        PyMethodDef *copy = pointer == NULL ? NULL : PyMem_RawMalloc(sizeof(PyMethodDef));
        if (copy != NULL) {
            *copy = *found; /* lives as long as what is made of it, which may be for ever */
            if (PyCFunction_Check(callable)) {
                PyCFunctionObject *function = (PyCFunctionObject *)callable;
                original = PyCMethod_New(copy, function->m_self, function->m_module, NULL);
            }
            else {
                original = PyDescr_NewMethod(((PyDescrObject *)callable)->d_type, copy);
            }
        }
        if (original == NULL || PyList_Append(originals, original) < 0) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "%R cannot be exchanged", callable);
            }
            Py_CLEAR(originals);
            Py_XDECREF(original);
            break;
        }
        Py_DECREF(original);
        hooks[index] = (Hook){.method = found,
                              .original = found->ml_meth,
                              .instead = Py_NewRef(ours),
                              .of_module = PyCFunction_Check(callable)};
        found->ml_meth = pointer;
        index++;
        installed = index;
    }
    Py_XDECREF(all);
    if (originals == NULL) {
        hooks_remove();
    }
    return originals;
}

PyObject *
hooks_restore(PyObject *self, PyObject *ignored)
{
    hooks_remove();
    Py_RETURN_NONE;
}

/* Put away what the interpreter keeps for this thread alone, where threading.local finds it,
   and have that of another instead: what was put away before, or NULL for a new thread's.
   From 3.13 it is under a key, and not in the dict (Modules/_threadmodule.c, _ldict). */
void
hooks_own(PyObject **mine, PyObject **others)
{
    PyThreadState *state = PyThreadState_Get();
    PyObject **kept[OWN] = {&state->dict};
#if PY_VERSION_HEX >= 0x030D0000
    kept[1] = &state->threading_local_key;
    kept[2] = &state->threading_local_sentinel;
#endif
    for (int i = 0; i < OWN && kept[i] != NULL; i++) {
        mine[i] = *kept[i];
        *kept[i] = others[i];
        others[i] = NULL;
    }
}
