#ifndef LECTERN_KAFKA_CONSUMER_H
#define LECTERN_KAFKA_CONSUMER_H

#include "lectern_kafka.h"

/// A consumer of librdkafka that is told which partitions to read, and from where. One thread at a time uses it.
typedef struct lectern_kafka_consumer lectern_kafka_consumer;

/// A message, or that something is wrong with a partition. Borrowed until the next call of `read`.
typedef struct lectern_kafka_message {
    /// Ends with a zero byte.
    const char *topic;
    int32_t partition;
    int64_t offset;
    const void *value;
    size_t length;
    /// When it was written, as its producer or the broker says: milliseconds since 1970 UTC; -1: nobody says it.
    int64_t time;
    /// Why there is no message; NULL: there is one.
    const char *problem;
    /// The problem is that what was to be read is not kept any more, or never was there.
    int is_out_of_range;
} lectern_kafka_message;

/// Makes a consumer; connects to nobody yet. NULL with librdkafka's reason if the settings can't be.
lectern_kafka_consumer *lectern_kafka_consumer_open(
    const lectern_kafka_option *options, size_t count, char *reason, size_t size);

/// How many partitions a topic has; -1 with the reason.
int lectern_kafka_consumer_partitions(
    lectern_kafka_consumer *consumer, const char *topic, int milliseconds, char *reason, size_t size);

/// The first and the next offset of each of `count` partitions from one on, as the brokers know them; -1 with the reason.
int lectern_kafka_consumer_ends(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, size_t count, int milliseconds,
    int64_t *first, int64_t *next, char *reason, size_t size);

/// The next offset of a partition as far as it is known without asking; -1: it is not.
int64_t lectern_kafka_consumer_next(lectern_kafka_consumer *consumer, const char *topic, int32_t partition);

/// Reads a partition, too, from an offset on; -1 with the reason.
int lectern_kafka_consumer_add(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, int64_t offset, char *reason, size_t size);

/// Reads the partition no more.
void lectern_kafka_consumer_remove(lectern_kafka_consumer *consumer, const char *topic, int32_t partition);

/// Waits for up to so many milliseconds. Returns how many messages there are, `limit` at most.
size_t lectern_kafka_consumer_read(
    lectern_kafka_consumer *consumer, lectern_kafka_message *messages, size_t limit, int milliseconds);

/// Tells the group up to where a partition has been read: `offset` is the next one. Waits for nothing.
void lectern_kafka_consumer_commit(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, int64_t offset);

/// What librdkafka has said last of a broker, or of something else that it tries again; empty: nothing.
const char *lectern_kafka_consumer_trouble(const lectern_kafka_consumer *consumer);

void lectern_kafka_consumer_close(lectern_kafka_consumer *consumer);

#endif
