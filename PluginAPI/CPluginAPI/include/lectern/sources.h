// Extension "lectern.sources/1" of a plugin: how the lines of a foreign format become events.
//
// A source sees one line at a time and remembers nothing between lines, so that reading can go on after any line. The host
// reads the file, the socket or the topic, and records what the source said in the log.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_SOURCES "lectern.sources/1"

#define LECTERN_PRECISION_UNKNOWN 0u
#define LECTERN_PRECISION_DAY 1u
#define LECTERN_PRECISION_SECOND 2u
#define LECTERN_PRECISION_MILLISECOND 3u
#define LECTERN_PRECISION_MICROSECOND 4u

typedef struct lectern_source_field {
  lectern_text name;
  lectern_value value;
} lectern_source_field;

/// An event as a source gives it.
typedef struct lectern_source_event {
  uint32_t size;
  uint32_t flags;         ///< LECTERN_TIME_CLAIMED (event.h) if `time` is set
  lectern_text payload;   ///< one JSON object, kept as it is
  lectern_text actor;     ///< whose event it is; empty if nobody's
  lectern_text type;      ///< empty: the payload's `event_type` or `event`
  int64_t time;           ///< microseconds since 1970 UTC; without the flag, the payload's own
  uint32_t precision;     ///< of `time`
  uint32_t field_count;
  const lectern_source_field *fields;  ///< what the source adds: these win over the payload's fields of the same names
} lectern_source_event;
LECTERN_ASSERT(offsetof(lectern_source_event, time) == 56, "lectern_source_event.time");
LECTERN_ASSERT(offsetof(lectern_source_event, fields) == 72, "lectern_source_event.fields");

typedef struct lectern_source_output {
  uint32_t size;
  uint32_t flags;
  void *context;
  /// One event of the line. May be called any number of times for a line.
  void (*emit)(void *context, const lectern_source_event *event);
  /// The line is none of the format's: it goes to the dead letters with the reason.
  void (*reject)(void *context, lectern_text reason);
} lectern_source_output;
LECTERN_ASSERT(offsetof(lectern_source_output, reject) == 24, "lectern_source_output.reject");

typedef struct lectern_source {
  uint32_t size;
  uint32_t flags;
  void *context;
  lectern_text id;  ///< as a plugin's id; unique in the host
  /// Decodes one line, without its line feed. A line that holds no event (blank, comment) emits and rejects nothing. [pure]
  void (*decode)(void *context, lectern_text line, const lectern_source_output *output);
} lectern_source;
LECTERN_ASSERT(offsetof(lectern_source, decode) == 32, "lectern_source.decode");

typedef struct lectern_sources {
  uint32_t size;
  uint32_t count;
  const lectern_source *const *items;
} lectern_sources;

#ifdef __cplusplus
}
#endif
