// Extension "lectern.reducers/1" of a plugin: how events become states.
//
// The host filters, drops duplicates, makes keys and finds states; the plugin says what an event means and what it does to
// a state. Reading may fail, reducing may not: an event whose reading fails reaches none of the reducers of that input.
//
// The host owns the map from key to state and the memory of the states; the plugin owns the type. It says how large a state
// is, makes it in place, changes it, writes it out and ends it. A state never moves.
#pragma once
#include "event.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LECTERN_REDUCERS "lectern.reducers/1"

typedef struct lectern_read_batch {
  uint32_t size;
  uint32_t count;                  ///< events to read, 1 to 1024
  const lectern_event *events;     ///< the whole batch
  uint32_t event_stride;           ///< bytes from one event to the next: lectern_event may grow
  uint32_t input_stride;           ///< bytes from one input to the next
  const uint32_t *pick;            ///< which events to read, in the log's order
  void *inputs;                    ///< out: room for `count` inputs; inputs[k] is read from events[pick[k]]
  uint8_t *status;                 ///< out: 0 where inputs[k] was made, 1 where the event is rejected
  const lectern_fields *fields;
  void *scratch;                   ///< `scratch_size` bytes for this input and shard; zero at first and whenever `fields` changes
  void *context;
  /// Rejects events[pick[k]]: sets its status and keeps the reason for the dead letter. [shard]
  void (*reject)(void *context, uint32_t k, lectern_text reason);
} lectern_read_batch;
LECTERN_ASSERT(offsetof(lectern_read_batch, pick) == 24, "lectern_read_batch.pick");
LECTERN_ASSERT(offsetof(lectern_read_batch, reject) == 72, "lectern_read_batch.reject");

/// How some reducers read an event: once for all of them.
typedef struct lectern_input {
  uint32_t size;
  uint32_t flags;  ///< 0
  void *context;
  uint32_t input_size;   ///< bytes of one input; 0 if nothing needs to be kept
  uint32_t input_align;  ///< a power of two, at most 64
  uint32_t scratch_size; ///< bytes of `scratch`
  uint32_t zero;
  /// Reads every picked event. Depends on nothing but the events. [pure]
  void (*read)(void *context, const lectern_read_batch *batch);
  /// Ends `count` inputs, each at `inputs[k]`; NULL if there is nothing to end. [shard]
  void (*destroy)(void *context, void *const *inputs, uint32_t count);
} lectern_input;
LECTERN_ASSERT(offsetof(lectern_input, read) == 32, "lectern_input.read");

#define LECTERN_KEY_ACTOR 1u  ///< the event's actor
#define LECTERN_KEY_FIELD 2u  ///< a field, `path`: a text, an integer or a boolean
#define LECTERN_KEY_HOUR 3u   ///< whole hours since 1970 UTC of the event's time
#define LECTERN_KEY_DAY 4u    ///< whole days since 1970 UTC of the event's time
/// The start of a window that holds the event's time, as an RFC 3339 text in UTC; an event may have several. The windows are
/// those that "lectern.windows/1" declares for the reducer; at most one part. Since 1.4.
#define LECTERN_KEY_WINDOW 5u

/// One part of a reducer's key. An event that lacks one of the parts passes the reducer by.
typedef struct lectern_key_part {
  uint32_t kind;
  uint32_t flags;
  lectern_text path;  ///< LECTERN_KEY_FIELD
  lectern_text name;  ///< the part's name in the key's text: `actor`, the path, `hour`, `day`, `window` by custom
} lectern_key_part;
LECTERN_ASSERT(sizeof(lectern_key_part) == 40, "lectern_key_part");

typedef struct lectern_reduce_batch {
  uint32_t size;
  uint32_t count;                ///< events to reduce, 1 to 1024
  const lectern_event *events;
  uint32_t event_stride;
  uint32_t flags;
  const uint32_t *pick;          ///< events[pick[k]] belongs to inputs[k] and states[k]; in the log's order
  const void *const *inputs;
  void *const *states;           ///< equal keys repeat the pointer
} lectern_reduce_batch;
LECTERN_ASSERT(offsetof(lectern_reduce_batch, states) == 40, "lectern_reduce_batch.states");

/// The key that says `actor` alone, or with fields: its states are local to the actor's partition. Any other key is spread:
/// each partition holds a part of its state, and `merge` puts the parts together.
typedef struct lectern_reducer {
  uint32_t size;
  uint32_t flags;  ///< 0
  void *context;
  lectern_text id;        ///< as a plugin's id; unique in the plugin; never changes
  uint32_t version;       ///< of the state's form and meaning
  uint32_t input;         ///< index into `inputs`
  uint32_t type_count;    ///< event types that it takes; 0 for every type
  uint32_t key_count;     ///< 1 to 8
  const lectern_text *types;
  const lectern_key_part *key;
  uint32_t state_size;    ///< bytes, at most 65,536
  uint32_t state_align;   ///< a power of two, at most 64
  /// Makes the empty state. [pure]
  void (*init)(void *context, void *state);
  /// Ends a state; NULL if there is nothing to end. [shard]
  void (*destroy)(void *context, void *state);
  /// Folds the events into their states, in order. [pure]
  void (*reduce)(void *context, const lectern_reduce_batch *batch);
  /// Writes the state as one CBOR item in core deterministic encoding (RFC 8949, section 4.2). If it can't, it says why
  /// with `host->fail` and returns LECTERN_FAILED: what it wrote is dropped, and nothing is stored. [pure]
  lectern_status (*encode)(void *context, const void *state, const lectern_writer *writer);
  /// Makes a state from what `encode` wrote. On failure leaves nothing to end. [pure]
  lectern_status (*decode)(void *context, const void *bytes, uint64_t length, void *state);
  /// Adds `other` to `state`; needed for a spread key, else NULL. [pure]
  void (*merge)(void *context, void *state, const void *other);
  /// Writes the external state as one CBOR item, or fails as `encode` does; NULL if the state is its own external. [pure]
  lectern_status (*external)(void *context, const void *state, const lectern_writer *writer);
} lectern_reducer;
LECTERN_ASSERT(offsetof(lectern_reducer, id) == 16, "lectern_reducer.id");
LECTERN_ASSERT(offsetof(lectern_reducer, types) == 48, "lectern_reducer.types");
LECTERN_ASSERT(offsetof(lectern_reducer, init) == 72, "lectern_reducer.init");
LECTERN_ASSERT(offsetof(lectern_reducer, external) == 120, "lectern_reducer.external");

/// What "lectern.reducers/1" returns.
typedef struct lectern_reducers {
  uint32_t size;
  uint32_t flags;
  uint32_t input_count;
  uint32_t reducer_count;
  const lectern_input *const *inputs;
  const lectern_reducer *const *reducers;
} lectern_reducers;
LECTERN_ASSERT(offsetof(lectern_reducers, reducers) == 24, "lectern_reducers.reducers");

#ifdef __cplusplus
}
#endif
