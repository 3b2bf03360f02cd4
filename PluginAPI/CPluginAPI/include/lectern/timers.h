// Extension "lectern.timers/1" of a plugin: states that change because time passes, without an event. Since 1.3.
//
// No plugin has a clock. A state says from when on it wants to be told that time has come, and the host writes a tick into
// its log: a record like an event's, with a time and a place among the events. So a replay of the log ticks where it
// ticked, and gives the same states. A tick comes at or after the time that was asked for, later if the host was down.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_TIMERS "lectern.timers/1"

/// What `due` returns if the state wants no tick.
#define LECTERN_NEVER INT64_MAX

typedef struct lectern_timer {
  uint32_t size;
  uint32_t flags;  ///< 0
  void *context;
  lectern_text reducer;  ///< a reducer of this plugin, by its id; each has at most one timer
  /// From when on the state wants a tick: microseconds since 1970 UTC, or LECTERN_NEVER. A function of the state alone.
  /// [pure]
  int64_t (*due)(void *context, const void *state);
  /// Time has come: `time` is the tick's, at or after what was due. Must move `due` beyond `time`, or the host stops
  /// asking. [pure]
  void (*tick)(void *context, void *state, int64_t time);
} lectern_timer;
LECTERN_ASSERT(offsetof(lectern_timer, reducer) == 16, "lectern_timer.reducer");
LECTERN_ASSERT(offsetof(lectern_timer, tick) == 40, "lectern_timer.tick");

/// What "lectern.timers/1" returns.
typedef struct lectern_timers {
  uint32_t size;
  uint32_t count;
  const lectern_timer *const *items;
} lectern_timers;

#ifdef __cplusplus
}
#endif
