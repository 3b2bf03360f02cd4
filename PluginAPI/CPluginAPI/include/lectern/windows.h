// Extension "lectern.windows/1" of a plugin: states of stretches of event time. Since 1.4.
//
// A reducer whose key has a part of the kind LECTERN_KEY_WINDOW has a state for each window: an event is folded into the
// windows that hold its time. How far time has come is said by the watermark: in each partition the latest time of an event
// that the plugin has folded, less `disorder`. It depends on the log alone, so a replay finds the same events late.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_WINDOWS "lectern.windows/1"

/// As `retention`: windows stay for good.
#define LECTERN_FOR_GOOD INT64_MAX

/// All times are microseconds. A window begins at `offset` plus a multiple of `hop` since 1970 UTC.
typedef struct lectern_window {
  uint32_t size;
  uint32_t flags;  ///< 0
  void *context;
  lectern_text reducer;  ///< a reducer of this plugin, by its id, whose key has one LECTERN_KEY_WINDOW; it has no timer
  int64_t length;        ///< of a window: at least a millisecond
  int64_t hop;           ///< from one window's start to the next one's: `length`, or a part of it, at least a 64th
  int64_t offset;        ///< from 0 to less than `hop`
  int64_t disorder;      ///< an event that comes so much behind the latest one is no late one
  int64_t grace;         ///< an event changes a window until the watermark is so far behind the window's end, and then no more
  int64_t retention;     ///< a window goes when the watermark is so far behind its end: at least `grace`, or LECTERN_FOR_GOOD
  /// Called before an event is folded into a window whose end the watermark has passed: what was shown of it is corrected.
  /// NULL if the state does not count that. [pure]
  void (*correct)(void *context, void *state);
} lectern_window;
LECTERN_ASSERT(offsetof(lectern_window, reducer) == 16, "lectern_window.reducer");
LECTERN_ASSERT(offsetof(lectern_window, length) == 32, "lectern_window.length");
LECTERN_ASSERT(offsetof(lectern_window, correct) == 80, "lectern_window.correct");

/// What "lectern.windows/1" returns.
typedef struct lectern_windows {
  uint32_t size;
  uint32_t count;
  const lectern_window *const *items;
} lectern_windows;

#ifdef __cplusplus
}
#endif
