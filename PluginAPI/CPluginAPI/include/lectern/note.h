// Who a plugin is, readable without running any of its code: an ELF note (owner "Lectern", type 1) whose description is
// UTF-8 text, a `name=value` per line. The host reads it before it loads the library and refuses by name what does not fit.
//
//     abi        MAJOR.MINOR that the plugin was built with
//     id         the plugin's id: a lower-case letter, then lower-case letters, digits and hyphens; at most 64
//     version    the author's version of it, shown to people
//     sdk        the SDK's version
//     language   c or swift; a swift plugin must be built by the host's own toolchain to run inside the host
//     toolchain  the compiler that built it, in its own words
//     runtime    own: Swift's runtime is part of the library, and any toolchain will do; shared: the host's is used
//     requires   extensions that the host must know, comma-separated
//     optional   extensions that it uses if the host knows them
//
// In one C file of the plugin:
//
//     #include <lectern/note.h>
//     LECTERN_PLUGIN("quiz-analytics", "1.0.0", swift, "lectern.reducers/1", quiz_analytics_create)
//
// where `quiz_analytics_create` is the plugin's `lectern_entry.create`: a C function, or a Swift one marked
// `@c(quiz_analytics_create)`.
#pragma once
#include "core.h"

#define LECTERN_SDK_VERSION "1.5.0"
// Defined by `lectern plugin build --portable`, which links the runtime accordingly.
#ifdef LECTERN_PORTABLE
#define LECTERN_RUNTIME "own"
#else
#define LECTERN_RUNTIME "shared"
#endif
#define LECTERN_TEXT_OF_(x) #x
#define LECTERN_TEXT_OF(x) LECTERN_TEXT_OF_(x)

#define LECTERN_NOTE_TEXT(ID, VERSION, LANGUAGE, REQUIRES)                                                             \
  "abi=1.5\nid=" ID "\nversion=" VERSION "\nsdk=" LECTERN_SDK_VERSION "\nlanguage=" #LANGUAGE                          \
  "\ntoolchain=" __VERSION__ "\nruntime=" LECTERN_RUNTIME "\nrequires=" REQUIRES "\noptional=\n"

#define LECTERN_PLUGIN(ID, VERSION, LANGUAGE, REQUIRES, CREATE)                                                        \
  extern lectern_status CREATE(const lectern_host *, lectern_text, lectern_plugin *);                                  \
  static const struct {                                                                                                \
    uint32_t owner_length, text_length, type;                                                                          \
    char owner[8];                                                                                                     \
    char text[sizeof(LECTERN_NOTE_TEXT(ID, VERSION, LANGUAGE, REQUIRES)) - 1];                                         \
  } lectern_note __attribute__((used, section(".note.lectern"), aligned(4))) = {                                       \
      8, sizeof(LECTERN_NOTE_TEXT(ID, VERSION, LANGUAGE, REQUIRES)) - 1, 1, "Lectern",                                 \
      LECTERN_NOTE_TEXT(ID, VERSION, LANGUAGE, REQUIRES)};                                                             \
  __attribute__((visibility("default"))) const lectern_entry *lectern_plugin_entry_v1(void);                           \
  const lectern_entry *lectern_plugin_entry_v1(void) {                                                                 \
    static const lectern_entry entry = {sizeof(lectern_entry), LECTERN_ABI_MAJOR, LECTERN_ABI_MINOR, 0, CREATE};       \
    return &entry;                                                                                                     \
  }

/// The compiler that built this copy of the file `core.c`, in its own words: what the host compares a plugin's with. [any]
#ifdef __cplusplus
extern "C"
#endif
const char *lectern_toolchain(void);
