// A plugin in C11 that has functions and nothing else: of every type, and of shapes that the host has a typed call for and
// of others.
//
//     gcc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete,-z,defs,--build-id (in one line)
//         -I PluginAPI/CPluginAPI/include Tests/Plugins/FunctionsInC/functions.c -o functions-in-c.so
//
// With -DPLUGIN="other" it is another plugin, with -DFORGETTING="name" its first function has another id, and with
// -DRESULT=LECTERN_COLUMN_INTEGER its declaration lies. -DARGUMENTS=1, -DTESTS=0, -DEXPECTED=1 and -DFLAGS=0 do what they
// say to its declaration; -DTYPE=9 and -DARGUMENT_FLAGS=1 to that of `sum`. With -DTRAPS `half` ends the process.
#include <lectern/lectern.h>
#include <stdbool.h>
#include <string.h>

#ifndef PLUGIN
#define PLUGIN "functions-in-c"
#endif
#ifndef FORGETTING
#define FORGETTING "forgetting"
#endif
#ifndef RESULT
#define RESULT LECTERN_COLUMN_NUMBER
#endif
#ifndef ARGUMENTS
#define ARGUMENTS 2
#endif
#ifndef TESTS
#define TESTS 2
#endif
#ifndef EXPECTED
#define EXPECTED 20
#endif
#ifndef FLAGS
#define FLAGS LECTERN_FUNCTION_PURE
#endif
#ifndef TYPE
#define TYPE LECTERN_COLUMN_INTEGER
#endif
#ifndef ARGUMENT_FLAGS
#define ARGUMENT_FLAGS 0
#endif

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

// Shapes with a typed call.
static double forgetting(double score, double days) {
  for (; days >= 1; days--) score /= 2;
  return score;
}
static double half(double x) {
#ifdef TRAPS
  __builtin_trap();
#endif
  return x / 2;
}
static double within(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
static bool passed(double score) { return score >= 50; }
static lectern_text level(double score) {
  static const lectern_text low = TEXT("low"), high = TEXT("high");
  return score < 50 ? low : high;
}
static int64_t twice(int64_t x) { return 2 * x; }
static int64_t sum(int64_t a, int64_t b) { return a + b; }
static double percent(int64_t x) { return (double)x / 100; }
static lectern_text initial(lectern_text name) {
  name.length = name.length > 0;
  return name;
}

// Other shapes.
static int64_t length(lectern_text text) { return (int64_t)text.length; }
static bool both(bool a, bool b) { return a && b; }
static int64_t next_day(int64_t time) { return time + 86400000000; }
static double shared(int64_t points, double parts) { return (double)points / parts; }
static double or_zero(double x) { return x != x ? 0 : x; }
static lectern_text or_unknown(lectern_text text) {
  static const lectern_text unknown = TEXT("unknown");
  return text.start == NULL ? unknown : text;
}
// Makes its text in memory of its own, and remembers the last one only.
static lectern_text all(lectern_text a, int64_t b, double c, bool d, int64_t e, lectern_text f, double g, int64_t h) {
  static _Thread_local char memory[64];
  size_t used = 0;
  for (uint64_t i = 0; i < a.length && used < 16; i++) memory[used++] = a.start[i];
  for (uint64_t i = 0; i < f.length && used < 32; i++) memory[used++] = f.start[i];
  memory[used++] = (char)('0' + b);
  memory[used++] = (char)('0' + (int)c);
  memory[used++] = d ? 'y' : 'n';
  memory[used++] = (char)('0' + e);
  memory[used++] = (char)('0' + (int)g);
  memory[used++] = (char)('0' + h);
  return (lectern_text){memory, used};
}

#define NUMBER(X) {.tag = LECTERN_NUMBER, .as.number = X}
#define INTEGER(X) {.tag = LECTERN_INTEGER, .as.integer = X}
#define STRING(X) {.tag = LECTERN_TEXT, .length = sizeof(X) - 1, .as.text = X}
#define BOOLEAN(X) {.tag = X ? LECTERN_TRUE : LECTERN_FALSE}
#define NONE {.tag = LECTERN_NULL}

#define ARGUMENT(NAME, KIND) {.name = TEXT(NAME), .type = LECTERN_COLUMN_##KIND}
#define LIST(...) {__VA_ARGS__}

// A function of N arguments with one test.
#define FUNCTION(NAME, N, RESULT_TYPE, ARGUMENT_LIST, VALUES, WANTED)                                                \
  static const lectern_argument NAME##_arguments[N] = ARGUMENT_LIST;                                                 \
  static const lectern_value NAME##_values[N] = VALUES;                                                              \
  static const lectern_function_test NAME##_tests[1] = {{.arguments = NAME##_values, .result = WANTED}};            \
  static const lectern_function the_##NAME = {                                                                       \
      .size = sizeof(lectern_function), .flags = LECTERN_FUNCTION_PURE, .id = TEXT(#NAME), .argument_count = N,      \
      .result = LECTERN_COLUMN_##RESULT_TYPE, .arguments = NAME##_arguments, .call = (void (*)(void))NAME,           \
      .test_count = 1, .tests = NAME##_tests};

static const lectern_argument forgetting_arguments[] = {ARGUMENT("score", NUMBER), ARGUMENT("days", NUMBER)};
static const lectern_value forgetting_at_once[] = {NUMBER(80), INTEGER(0)}, forgetting_later[] = {NUMBER(80), NUMBER(2)};
static const lectern_function_test forgetting_tests[] = {
    {.arguments = forgetting_at_once, .result = INTEGER(80)},
    {.arguments = forgetting_later, .result = INTEGER(EXPECTED), .tolerance = 0.001},
};
static const lectern_function the_forgetting = {
    .size = sizeof(lectern_function),
    .flags = FLAGS,
    .id = TEXT(FORGETTING),
    .title = TEXT("Forgetting"),
    .about = TEXT("What is left of a score after some days."),
    .argument_count = ARGUMENTS,
    .result = RESULT,
    .arguments = forgetting_arguments,
    .call = (void (*)(void))forgetting,
    .test_count = TESTS,
    .tests = forgetting_tests,
};

static const lectern_argument sum_arguments[] = {
    {.name = TEXT("a"), .type = TYPE, .flags = ARGUMENT_FLAGS}, {.name = TEXT("b"), .type = LECTERN_COLUMN_INTEGER}};
static const lectern_value sum_values[] = {INTEGER(40), INTEGER(2)};
static const lectern_function_test sum_tests[] = {{.arguments = sum_values, .result = INTEGER(42)}};
static const lectern_function the_sum = {
    .size = sizeof(lectern_function),
    .flags = LECTERN_FUNCTION_PURE | LECTERN_FUNCTION_EXPENSIVE,
    .id = TEXT("sum"),
    .argument_count = 2,
    .result = LECTERN_COLUMN_INTEGER,
    .arguments = sum_arguments,
    .call = (void (*)(void))sum,
    .test_count = 1,
    .tests = sum_tests,
};

FUNCTION(half, 1, NUMBER, LIST(ARGUMENT("x", NUMBER)), LIST(NUMBER(3)), NUMBER(1.5))
FUNCTION(
    within, 3, NUMBER, LIST(ARGUMENT("x", NUMBER), ARGUMENT("low", NUMBER), ARGUMENT("high", NUMBER)),
    LIST(NUMBER(7), NUMBER(1), NUMBER(5)), NUMBER(5))
FUNCTION(passed, 1, BOOLEAN, LIST(ARGUMENT("score", NUMBER)), LIST(NUMBER(50)), BOOLEAN(1))
FUNCTION(level, 1, TEXT, LIST(ARGUMENT("score", NUMBER)), LIST(NUMBER(49.9)), STRING("low"))
FUNCTION(twice, 1, INTEGER, LIST(ARGUMENT("x", INTEGER)), LIST(INTEGER(-21)), INTEGER(-42))
FUNCTION(percent, 1, NUMBER, LIST(ARGUMENT("x", INTEGER)), LIST(INTEGER(5)), NUMBER(0.05))
FUNCTION(initial, 1, TEXT, LIST(ARGUMENT("name", TEXT)), LIST(STRING("ada")), STRING("a"))
FUNCTION(length, 1, INTEGER, LIST(ARGUMENT("text", TEXT)), LIST(STRING("four")), INTEGER(4))
FUNCTION(both, 2, BOOLEAN, LIST(ARGUMENT("a", BOOLEAN), ARGUMENT("b", BOOLEAN)), LIST(BOOLEAN(1), BOOLEAN(0)), BOOLEAN(0))
FUNCTION(next_day, 1, TIME, LIST(ARGUMENT("time", TIME)), LIST(INTEGER(5)), INTEGER(86400000005))
FUNCTION(
    shared, 2, NUMBER, LIST(ARGUMENT("points", INTEGER), ARGUMENT("parts", NUMBER)), LIST(INTEGER(5), NUMBER(2)),
    NUMBER(2.5))
FUNCTION(
    or_zero, 1, NUMBER, LIST({.name = TEXT("x"), .type = LECTERN_COLUMN_NUMBER, .flags = LECTERN_ARGUMENT_NULLABLE}),
    LIST(NONE), NUMBER(0))
FUNCTION(
    or_unknown, 1, TEXT, LIST({.name = TEXT("text"), .type = LECTERN_COLUMN_TEXT, .flags = LECTERN_ARGUMENT_NULLABLE}),
    LIST(NONE), STRING("unknown"))
FUNCTION(
    all, 8, TEXT,
    LIST(
        ARGUMENT("a", TEXT), ARGUMENT("b", INTEGER), ARGUMENT("c", NUMBER), ARGUMENT("d", BOOLEAN), ARGUMENT("e", TIME),
        ARGUMENT("f", TEXT), ARGUMENT("g", NUMBER), ARGUMENT("h", INTEGER)),
    LIST(STRING("ab"), INTEGER(1), NUMBER(2), BOOLEAN(1), INTEGER(3), STRING("cd"), NUMBER(4), INTEGER(5)),
    STRING("abcd12y345"))

static const lectern_function *const items[] = {
    &the_forgetting, &the_sum, &the_half, &the_within, &the_passed, &the_level, &the_twice, &the_percent, &the_initial, &the_length, &the_both,
    &the_next_day, &the_shared, &the_or_zero, &the_or_unknown, &the_all,
};
static const lectern_functions functions = {
    .size = sizeof functions, .count = sizeof items / sizeof *items, .items = items};

static const void *extension(void *context, lectern_text id) {
  (void)context;
  static const lectern_text known = TEXT(LECTERN_FUNCTIONS);
  return id.length == known.length && memcmp(id.start, known.start, id.length) == 0 ? &functions : NULL;
}

static void destroy(void *context) { (void)context; }

static lectern_status create(const lectern_host *host, lectern_text settings, lectern_plugin *plugin) {
  (void)host;
  (void)settings;
  plugin->context = NULL;
  plugin->extension = extension;
  plugin->destroy = destroy;
  return LECTERN_OK;
}

LECTERN_PLUGIN(PLUGIN, "1.0.0", c, LECTERN_FUNCTIONS, create)
