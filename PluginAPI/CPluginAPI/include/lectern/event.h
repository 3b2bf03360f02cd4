// An event as plugins see it, and how its fields are found.
#pragma once
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// One event of a batch: the host's memory, borrowed for the call.
typedef struct lectern_event {
  const lectern_value *values;  ///< this event's row of extracted fields; `lectern_fields` says which slot is which
  int64_t time;                 ///< when it happened, as the client claimed; microseconds since 1970 UTC
  int64_t received;             ///< when it arrived, by the host's clock (or the file's); microseconds since 1970 UTC
  uint64_t actor_hash;          ///< keyed hash of the actor's id, the same in every process of a deployment
  const char *actor;            ///< the actor's id; NULL if the event has none
  const char *type;
  const char *payload;          ///< the event as it arrived: one JSON object
  uint32_t actor_length;
  uint32_t type_length;
  uint32_t payload_length;
  uint32_t flags;               ///< LECTERN_TIME_CLAIMED
  uint64_t position;            ///< the record's sequence number in its partition
} lectern_event;
LECTERN_ASSERT(offsetof(lectern_event, actor) == 32, "lectern_event.actor");
LECTERN_ASSERT(offsetof(lectern_event, position) == 72, "lectern_event.position");
LECTERN_ASSERT(sizeof(lectern_event) == 80, "lectern_event");

/// The event's time is the client's; without it the client gave none that could be read, and `time` is the arrival.
#define LECTERN_TIME_CLAIMED 1u

/// A field that the host extracts for everyone: its path and the slot of a row that holds it.
typedef struct lectern_field {
  lectern_text path;
  uint32_t slot;
  uint32_t flags;
} lectern_field;

/// The fields that a shard extracts. A path is a member's name, or several joined by dots (`context.course_id`); a step
/// into a text goes on in the JSON that the text holds. The server's fields win over the session's, these over the event's.
typedef struct lectern_fields {
  uint32_t size;
  uint32_t count;
  const lectern_field *items;
  void *context;
  /// The value of a field that no slot holds yet, read from the event itself: slow, but it asks the host to extract the
  /// field from the next batch on. The value is borrowed until the batch ends. [shard]
  void (*find)(void *context, const lectern_event *event, lectern_text path, lectern_value *value);
} lectern_fields;
LECTERN_ASSERT(offsetof(lectern_fields, find) == 24, "lectern_fields.find");

#ifdef __cplusplus
}
#endif
