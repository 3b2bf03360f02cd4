// Lectern's plugin ABI, the core. Status: 1.5, frozen; HISTORY.md says what that promises.
//
// A plugin is a shared library that exports one symbol, `lectern_plugin_entry_v1`, and carries one ELF note that says who
// it is. Everything else is asked for by name: a plugin answers `extension("lectern.reducers/1")` with a table of
// constants and functions, and so does the host.
//
// Rules for every declaration here:
//  - C11 and <stdint.h> only. A struct that crosses starts with `size`, the bytes its author knew; a reader takes
//    min(size, what it knows) and treats the rest as zero. Fields are only ever added at the end.
//  - Texts are UTF-8, a pointer and a length, never terminated by a zero. An absent text has length 0.
//  - An argument is borrowed for the call. What a plugin returns by pointer (tables, names, functions) stays valid until
//    the process ends; libraries are never unloaded.
//  - Nothing that one side allocates is freed by the other. Variable output goes through a `lectern_writer`.
//  - No call unwinds: no exception and no longjmp crosses. A function that can fail returns a `lectern_status`.
//  - Each function names its thread:
//      [loader]    one thread of the host's, while it loads or retires a plugin; never two calls at once
//      [instance]  never two calls at once for one object; any thread
//      [shard]     called on the threads of shards, several at once, each with states of its own; what `context` points to
//                  is shared by them and must not change
//      [pure]      as [shard], and the result depends on the arguments alone
//      [any]       any thread, any time
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define LECTERN_ASSERT static_assert
#else
#define LECTERN_ASSERT _Static_assert
#endif

#define LECTERN_ABI_MAJOR 1u
#define LECTERN_ABI_MINOR 5u

/// What a call says of its success. Unknown values count as LECTERN_FAILED.
typedef int32_t lectern_status;
#define LECTERN_OK ((lectern_status)0)
/// The work failed; the reason was given with `lectern_host.fail` or in the call's own way.
#define LECTERN_FAILED ((lectern_status)1)
/// Stored bytes can't be understood by this build.
#define LECTERN_BAD_STATE ((lectern_status)2)

typedef struct lectern_text {
  const char *start;
  uint64_t length;
} lectern_text;
LECTERN_ASSERT(sizeof(lectern_text) == 16, "lectern_text");

/// A value of an event's field, of a key's part or of a row's cell.
typedef struct lectern_value {
  uint32_t tag;     ///< LECTERN_MISSING ... LECTERN_JSON; treat an unknown tag as missing
  uint32_t length;  ///< bytes at `as.text`, for LECTERN_TEXT and LECTERN_JSON
  union {
    int64_t integer;
    double number;
    const char *text;
  } as;
} lectern_value;
LECTERN_ASSERT(sizeof(lectern_value) == 16, "lectern_value");
LECTERN_ASSERT(offsetof(lectern_value, as) == 8, "lectern_value.as");

#define LECTERN_MISSING 0u
#define LECTERN_NULL 1u
#define LECTERN_FALSE 2u
#define LECTERN_TRUE 3u
#define LECTERN_INTEGER 4u
#define LECTERN_NUMBER 5u
#define LECTERN_TEXT 6u
/// An array or object, as compact JSON text.
#define LECTERN_JSON 7u

/// Takes the bytes that a plugin produces. [same thread as the call that received it]
typedef struct lectern_writer {
  uint32_t size;
  uint32_t flags;
  void *context;
  /// Appends `length` bytes. May be called any number of times, with any lengths.
  void (*write)(void *context, const void *bytes, uint64_t length);
} lectern_writer;
LECTERN_ASSERT(offsetof(lectern_writer, write) == 16, "lectern_writer.write");

#define LECTERN_LOG_DEBUG 0u
#define LECTERN_LOG_INFO 1u
#define LECTERN_LOG_WARNING 2u
#define LECTERN_LOG_ERROR 3u

/// What the host gives a plugin. Valid until the plugin's `destroy` returns.
typedef struct lectern_host {
  uint32_t size;
  uint32_t abi_minor;
  lectern_text version;  ///< the host's, for messages only
  void *context;
  /// A host extension by its id, or NULL. None is defined yet. [any]
  const void *(*extension)(const struct lectern_host *host, lectern_text id);
  /// Writes one line to the host's log, under the plugin's name. [any]
  void (*log)(const struct lectern_host *host, uint32_t level, lectern_text message);
  /// Says why the call that is going on in this thread fails, just before it returns LECTERN_FAILED. The host copies
  /// the text. [any]
  void (*fail)(const struct lectern_host *host, lectern_text reason);
} lectern_host;
LECTERN_ASSERT(offsetof(lectern_host, context) == 24, "lectern_host.context");
LECTERN_ASSERT(offsetof(lectern_host, fail) == 48, "lectern_host.fail");

/// One instance of a plugin: one set of settings.
typedef struct lectern_plugin {
  uint32_t size;
  uint32_t flags;
  void *context;  ///< the plugin's own; every function of its extensions gets it back, or the one its component names
  /// An extension by its id (its struct is described in the header of that name), or NULL. [any]
  const void *(*extension)(void *context, lectern_text id);
  /// Ends the instance. No other call is going on, and none follows. [loader]
  void (*destroy)(void *context);
} lectern_plugin;
LECTERN_ASSERT(offsetof(lectern_plugin, destroy) == 24, "lectern_plugin.destroy");

/// What the one exported symbol returns.
typedef struct lectern_entry {
  uint32_t size;
  uint32_t abi_major;  ///< LECTERN_ABI_MAJOR
  uint32_t abi_minor;  ///< LECTERN_ABI_MINOR as of the build
  uint32_t flags;      ///< 0
  /// Makes an instance. `settings` is a JSON object. Fills `*plugin`, whose `size` the host has set. On failure says why
  /// with `host->fail`. [loader]
  lectern_status (*create)(const lectern_host *host, lectern_text settings, lectern_plugin *plugin);
} lectern_entry;
LECTERN_ASSERT(offsetof(lectern_entry, create) == 16, "lectern_entry.create");

/// The one exported symbol: pure, callable any number of times. [any]
typedef const lectern_entry *(*lectern_plugin_entry_function)(void);

#ifdef __cplusplus
}
#endif
