// The layout of a record of the log, in memory and on disk: little-endian, 8-byte aligned, never moved once written.
//
// A record is a header and then, one after the other: type, actor, client, fields, payload, zeros up to a multiple of 8.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define LECTERN_RECORD_EVENT 1    ///< an event; has a partition and a position
#define LECTERN_RECORD_CONTROL 2  ///< what changes the fold beside events; has a partition and a position
#define LECTERN_RECORD_SESSION 3  ///< what the events of a session share; every partition reads it, it has no position
#define LECTERN_RECORD_MARK 4     ///< a client's highest durable sequence number; as a session record
#define LECTERN_RECORD_TOMBSTONE 5  ///< stands at the position of an event that was erased, and says nothing of it

/// The partition of a record that all partitions read.
#define LECTERN_EVERY_PARTITION 0xffffu

#define LECTERN_RECORD_TIME_CLAIMED 1  ///< `time` is the client's; without it, `time` equals `received`
#define LECTERN_RECORD_REPEATED 2      ///< a copy at the head of a segment of what an earlier segment holds
#define LECTERN_RECORD_CONTINUED 4     ///< the next record came in the same frame: the log keeps both or neither
#define LECTERN_RECORD_TIME_CLAMPED 8  ///< the client's time is of the future, and `time` equals `received` instead

#define LECTERN_ASSERTED_BY_NOBODY 0          ///< there is no actor
#define LECTERN_ASSERTED_BY_AUTHENTICATION 1  ///< the connection's own identity
#define LECTERN_ASSERTED_BY_CONNECTION 2      ///< a trusted connection, from a field of the event
#define LECTERN_ASSERTED_BY_SOURCE 3          ///< a source plugin

typedef struct lectern_record {
  uint32_t length;          ///< of the whole record, a multiple of 8
  uint32_t checksum;        ///< the low half of XXH3-64 of all that follows this field
  uint64_t position;        ///< its sequence number in its partition, from 0
  uint16_t partition;
  uint8_t kind;
  uint8_t flags;
  uint32_t session;         ///< the number of the session record it refers to; 0 for none
  int64_t received;         ///< microseconds since 1970 UTC
  int64_t time;             ///< microseconds since 1970 UTC
  uint8_t precision;        ///< LECTERN_PRECISION_... of `time`, as it was given
  uint8_t asserted;         ///< who says that the actor is the actor
  uint16_t type_length;
  uint16_t actor_length;
  uint16_t client_length;   ///< the id of the client or source that numbers its events
  uint64_t sequence;        ///< the client's number of this event, or the source's position
  uint8_t salt[16];         ///< random: makes the record's hash reveal nothing of an erased payload
  uint32_t fields_length;   ///< a JSON object of what server and source set for this event; wins over the payload
  uint32_t payload_length;  ///< as it arrived
} lectern_record;

_Static_assert(sizeof(lectern_record) == 80, "lectern_record");
_Static_assert(offsetof(lectern_record, position) == 8, "position");
_Static_assert(offsetof(lectern_record, received) == 24, "received");
_Static_assert(offsetof(lectern_record, precision) == 40, "precision");
_Static_assert(offsetof(lectern_record, sequence) == 48, "sequence");
_Static_assert(offsetof(lectern_record, fields_length) == 72, "fields_length");

static inline const uint8_t *lectern_record_type(const lectern_record *r) { return (const uint8_t *)(r + 1); }
static inline const uint8_t *lectern_record_actor(const lectern_record *r) {
  return lectern_record_type(r) + r->type_length;
}
static inline const uint8_t *lectern_record_client(const lectern_record *r) {
  return lectern_record_actor(r) + r->actor_length;
}
static inline const uint8_t *lectern_record_fields(const lectern_record *r) {
  return lectern_record_client(r) + r->client_length;
}
static inline const uint8_t *lectern_record_payload(const lectern_record *r) {
  return lectern_record_fields(r) + r->fields_length;
}
/// The length that the parts add up to, padding included.
static inline uint64_t lectern_record_extent(const lectern_record *r) {
  uint64_t n = sizeof *r + (uint64_t)r->type_length + r->actor_length + r->client_length + r->fields_length +
               r->payload_length;
  return (n + 7) & ~(uint64_t)7;
}
/// The checksum that the record's bytes ask for. Touches `length` bytes.
uint32_t lectern_record_checksum(const lectern_record *r);
