/* Pointers of every kind that a chain of fixups holds, on more than one page. */
extern int imported_data;
extern int imported_array[4096];
extern int imported_function(int);
static int here[20000];
int *local = &here[3];
int *weak_addend = &imported_array[2];
int *far_addend = &imported_array[1000];
int *data = &imported_data;
int (*function)(int) = imported_function;
int *many[6000] = {[0] = &here[1], [1] = &imported_data, [2500] = &here[2], [5999] = &here[1]};
void *PyInit_chained(void) { return local + imported_function(*data); }
void *other(void) { return many; }
