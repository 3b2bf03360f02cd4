#ifndef LECTERN_KAFKA_H
#define LECTERN_KAFKA_H

#include <stddef.h>
#include <stdint.h>

/// An idempotent producer of librdkafka. One thread at a time uses it; all that librdkafka has to say is said within its calls.
typedef struct lectern_kafka lectern_kafka;

/// A setting of librdkafka.
typedef struct lectern_kafka_option {
    const char *name;
    const char *value;
} lectern_kafka_option;

/// What is produced. Key and value are borrowed until the event is confirmed or the producer closed, the rest for the call.
typedef struct lectern_kafka_event {
    /// Ends with a zero byte.
    const char *topic;
    /// NULL: none.
    const void *key;
    size_t key_length;
    const void *value;
    size_t value_length;
    /// For the header `id`.
    const void *id;
    size_t id_length;
    /// For the header `type`.
    const void *type;
    size_t type_length;
    uint32_t partition;
    uint64_t position;
} lectern_kafka_event;

/// Whether librdkafka knows the setting and takes the value: 0, or -1 with its reason, which may repeat the value.
int lectern_kafka_check(const char *name, const char *value, char *reason, size_t size);

/// Makes a producer; connects to nobody yet. NULL with librdkafka's reason if the settings can't be.
lectern_kafka *lectern_kafka_open(const lectern_kafka_option *options, size_t count, char *reason, size_t size);

/// Takes an event: 0; or -1 with librdkafka's reason.
int lectern_kafka_produce(lectern_kafka *kafka, const lectern_kafka_event *event, char *reason, size_t size);

/// Waits for up to so many milliseconds. Returns how many events are not confirmed yet.
size_t lectern_kafka_wait(lectern_kafka *kafka, int milliseconds);

/// Why the first event was given up; empty: none was. Borrowed until the next call.
const char *lectern_kafka_failure(const lectern_kafka *kafka);

/// What librdkafka has said last of a broker, or of something else that it tries again; empty: nothing.
const char *lectern_kafka_trouble(const lectern_kafka *kafka);

/// Gives up what is not confirmed, and frees all.
void lectern_kafka_close(lectern_kafka *kafka);

#endif
