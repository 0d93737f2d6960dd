/* The calls that an access was made in, kept once for all accesses that share them.

   Their number is bounded: what comes after the last place is taken keeps no stack. */

#include "native.h"

#define STACKS (1u << 15)
#define DEEPEST 10

/* The beginning of a frame (Include/internal/pycore_frame.h, since 3.14
   pycore_interpframe_structs.h); there is no public way from one to its caller that makes
   no object. */
typedef struct Frame {
#if PY_VERSION_HEX < 0x030C0000
    void *function, *globals, *builtins, *locals;
    PyCodeObject *code;
    void *object;
    struct Frame *previous;
#else
    uintptr_t code; /* with tags in its lowest bits since 3.14 */
    struct Frame *previous;
    void *function, *globals, *builtins, *locals, *object;
#endif
    void *instruction; /* in the thread's own copy of the code, without the GIL */
} Frame;

typedef struct {
    _Atomic(uint64_t) hash; /* 0: free; 1: being filled */
    uint32_t depth;
    PyCodeObject *code[DEEPEST];
    int instruction[DEEPEST];
} Stack;

static Stack stacks[STACKS]; /* the first stands for none */

static inline PyCodeObject *
code_of(const Frame *frame)
{
#if PY_VERSION_HEX < 0x030C0000
    return frame->code;
#else
    PyObject *code = (PyObject *)(frame->code & ~(uintptr_t)7);
    /* What C code calls Python from has a frame without code. */
    return code != NULL && PyCode_Check(code) ? (PyCodeObject *)code : NULL;
#endif
}

static inline int
instruction_of(Frame *frame, PyCodeObject *code)
{
#if PY_VERSION_HEX < 0x030C0000
    return (int)((char *)frame->instruction - code->co_code_adaptive);
#else
    (void)code;
    return PyUnstable_InterpreterFrame_GetLasti((struct _PyInterpreterFrame *)frame);
#endif
}

/* The number of the stack that the thread is in. */
uint16_t
stack_number(void)
{
    Frame *calls[DEEPEST];
    uint32_t depth = 0;
    uint64_t hash = 0;
    Frame *frame = frame_here();
    for (; frame != NULL && depth < DEEPEST; frame = frame->previous) {
        PyCodeObject *code = code_of(frame);
        if (code == NULL) {
            continue;
        }
        /* A sum, so that no frame waits for the one before. */
        uint64_t call = (uintptr_t)code ^ (uint64_t)(uintptr_t)frame->instruction << 16;
        hash += (call + depth) * (0x9E3779B97F4A7C15u + 2 * depth);
        calls[depth++] = frame;
    }
    hash = mixed(hash, depth, 0) | 2;
    uint32_t at = (uint32_t)(hash >> 40) & (STACKS - 1);
    for (uint32_t tries = 0; tries < 32; tries++, at = (at + 1) & (STACKS - 1)) {
        Stack *stack = &stacks[at];
        uint64_t known = atomic_load_explicit(&stack->hash, memory_order_acquire);
        if (at == 0 || known == 1) {
            continue;
        }
        if (known == hash) {
            return (uint16_t)at;
        }
        if (known == 0 && atomic_compare_exchange_strong(&stack->hash, &known, 1)) {
            stack->depth = depth;
            for (uint32_t i = 0; i < depth; i++) {
                PyCodeObject *code = code_of(calls[i]);
                stack->code[i] = (PyCodeObject *)Py_NewRef(code);
                stack->instruction[i] = instruction_of(calls[i], code);
            }
            atomic_store_explicit(&stack->hash, hash, memory_order_release);
            return (uint16_t)at;
        }
    }
    return 0;
}

/* [(path, line, name of the function), …], the innermost first. */
PyObject *
stack_list(uint16_t number)
{
    Stack *stack = &stacks[number];
    uint32_t depth = number ? stack->depth : 0;
    PyObject *list = PyList_New(depth);
    for (uint32_t i = 0; list != NULL && i < depth; i++) {
        PyCodeObject *code = stack->code[i];
        PyObject *call = Py_BuildValue("(OiO)", code->co_filename,
                                       PyCode_Addr2Line(code, stack->instruction[i]),
                                       code->co_qualname);
        if (call == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, call);
    }
    return list;
}
