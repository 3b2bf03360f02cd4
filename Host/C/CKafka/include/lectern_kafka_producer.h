#ifndef LECTERN_KAFKA_PRODUCER_H
#define LECTERN_KAFKA_PRODUCER_H

#include "lectern_kafka.h"

/// An idempotent producer of librdkafka for one topic, that makes group after group of messages durable. One thread at a
/// time uses it; all that librdkafka has to say is said within its calls.
typedef struct lectern_kafka_producer lectern_kafka_producer;

/// A message to be sent.
typedef struct lectern_kafka_outgoing {
    int32_t partition;
    const void *key;
    size_t key_length;
    const void *value;
    size_t value_length;
    /// What it is called if it is given up.
    size_t tag;
} lectern_kafka_outgoing;

typedef enum lectern_kafka_cause {
    LECTERN_KAFKA_NOT_DELIVERED,
    /// The message is larger than `message.max.bytes`: no other was touched.
    LECTERN_KAFKA_TOO_LARGE,
    /// The broker takes none that is so large, or the batch that it was in.
    LECTERN_KAFKA_BATCH_TOO_LARGE,
} lectern_kafka_cause;

/// A message that was given up.
typedef struct lectern_kafka_given_up {
    size_t tag;
    lectern_kafka_cause cause;
    /// Never freed.
    const char *reason;
} lectern_kafka_given_up;

/// Makes a producer; connects to nobody yet. NULL with librdkafka's reason if the settings can't be.
lectern_kafka_producer *lectern_kafka_producer_open(
    const char *topic, const lectern_kafka_option *options, size_t count, char *reason, size_t size);

/// Adds messages, in their order; those that librdkafka does not take are given up. Values are borrowed until `wait` returns 0.
void lectern_kafka_producer_add(lectern_kafka_producer *producer, const lectern_kafka_outgoing *messages, size_t count);

/// Waits for up to so many milliseconds. Returns how many messages are neither durable nor given up.
size_t lectern_kafka_producer_wait(lectern_kafka_producer *producer, int milliseconds);

/// The messages that were given up since the last call, in no order. Borrowed until the next call of anything.
const lectern_kafka_given_up *lectern_kafka_producer_given_up(lectern_kafka_producer *producer, size_t *count);

/// Whether nothing can be added any more, with the reason: then what was not sent yet is given up, too.
int lectern_kafka_producer_is_fatal(lectern_kafka_producer *producer, char *reason, size_t size);

/// What librdkafka has said last of a broker, or of something else that it tries again; empty: nothing.
const char *lectern_kafka_producer_trouble(const lectern_kafka_producer *producer);

/// Gives up what is not durable, and frees all.
void lectern_kafka_producer_close(lectern_kafka_producer *producer);

#endif
