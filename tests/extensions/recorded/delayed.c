/* Imports by name and by ordinal from a library that is loaded when first needed. */
__declspec(dllimport) void *PyModuleDef_Init(void *);
__declspec(dllimport) void *PyModule_Create2(void *, int);
static int def[26];
int *pointer = def;
__declspec(dllexport) void *PyInit_delayed(void) {
  PyModule_Create2(def, 1013);
  return PyModuleDef_Init(pointer);
}
void *__delayLoadHelper2(void *descriptor, void **slot) { return *slot; }
