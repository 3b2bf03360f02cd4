// Extension "lectern.functions/1" of a plugin: scalar functions, which operators call by name over the columns of tables.
// Since 1.1.
//
// A function is a plain C function. Its declaration says what it takes and returns, each of these types:
//
//     LECTERN_COLUMN_NUMBER    double
//     LECTERN_COLUMN_INTEGER   int64_t
//     LECTERN_COLUMN_BOOLEAN   bool of <stdbool.h>
//     LECTERN_COLUMN_TIME      int64_t, microseconds since 1970 UTC
//     LECTERN_COLUMN_TEXT      lectern_text, by value
//
// No compiler compares the two, and a wrong declaration would return garbage in silence. So each function brings tests,
// which the host runs whenever it loads the plugin; one that fails, or a function without any, refuses the plugin.
#pragma once
#include "core.h"
#include "views.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_FUNCTIONS "lectern.functions/1"

/// Flag of an argument: the function is called with null, too: a number that is not a number (NaN), or a text whose start
/// is NULL. Without it, and for all other types, the result of null is null, and the function is not called.
#define LECTERN_ARGUMENT_NULLABLE 1u

typedef struct lectern_argument {
  lectern_text name;
  uint32_t type;   ///< LECTERN_COLUMN_TEXT ... LECTERN_COLUMN_TIME
  uint32_t flags;  ///< LECTERN_ARGUMENT_NULLABLE
} lectern_argument;
LECTERN_ASSERT(sizeof(lectern_argument) == 24, "lectern_argument");

/// What a function returns for some arguments.
typedef struct lectern_function_test {
  const lectern_value *arguments;  ///< one for each, of its type or LECTERN_NULL; an integer will do for a number
  lectern_value result;
  double tolerance;  ///< how far a number may be from `result`
} lectern_function_test;
LECTERN_ASSERT(sizeof(lectern_function_test) == 32, "lectern_function_test");

/// Flag: the result depends on the arguments alone. Columns of tables call no other function.
#define LECTERN_FUNCTION_PURE 1u
/// Flag: a call takes microseconds rather than nanoseconds. It is shown to operators.
#define LECTERN_FUNCTION_EXPENSIVE 2u

typedef struct lectern_function {
  uint32_t size;
  uint32_t flags;
  /// A lower-case letter, then lower-case letters, digits and underscores, at most 64; no other plugin of the host may
  /// have it.
  lectern_text id;
  lectern_text title;       ///< for people; empty: the id
  lectern_text about;       ///< for people: what it tells, in a sentence or two
  uint32_t argument_count;  ///< 1 to 8
  uint32_t result;          ///< its type; a number that is not finite and a text whose start is NULL are null
  const lectern_argument *arguments;
  /// The function, cast to this type. Called with the declared arguments; a text that it gets is borrowed for the call. A
  /// text that it returns is part of an argument, or stays valid until its next call in the same thread: the host copies
  /// it at once. [pure], or without LECTERN_FUNCTION_PURE [shard]
  void (*call)(void);
  uint32_t test_count;  ///< at least 1
  uint32_t zero;
  const lectern_function_test *tests;
} lectern_function;
LECTERN_ASSERT(offsetof(lectern_function, arguments) == 64, "lectern_function.arguments");
LECTERN_ASSERT(offsetof(lectern_function, tests) == 88, "lectern_function.tests");

typedef struct lectern_functions {
  uint32_t size;
  uint32_t count;
  const lectern_function *const *items;
} lectern_functions;

#ifdef __cplusplus
}
#endif
