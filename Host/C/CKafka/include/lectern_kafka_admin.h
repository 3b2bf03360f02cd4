#ifndef LECTERN_KAFKA_ADMIN_H
#define LECTERN_KAFKA_ADMIN_H

#include "lectern_kafka.h"

/// A client that makes topics, and asks about them. One thread at a time uses it.
typedef struct lectern_kafka_admin lectern_kafka_admin;

/// A topic that is to be made.
typedef struct lectern_kafka_new_topic {
    /// Ends with a zero byte.
    const char *name;
    int partitions;
    /// On how many brokers each partition is; -1: as the cluster's default is.
    int replication;
    /// The topic's own settings, such as `retention.ms`.
    const lectern_kafka_option *settings;
    size_t setting_count;
} lectern_kafka_new_topic;

/// What became of a request for a topic.
typedef enum lectern_kafka_creation {
    LECTERN_KAFKA_CREATED,
    /// There is one of that name.
    LECTERN_KAFKA_EXISTS,
    /// The cluster takes no such requests.
    LECTERN_KAFKA_UNSUPPORTED,
    LECTERN_KAFKA_FAILED,
} lectern_kafka_creation;

/// Makes a client; connects to nobody yet. NULL with librdkafka's reason if the settings can't be.
lectern_kafka_admin *lectern_kafka_admin_open(
    const lectern_kafka_option *options, size_t count, char *reason, size_t size);

/// Asks the cluster for a topic, which may take so many milliseconds, beside what it takes to find a broker. All but `CREATED`
/// come with a reason, the broker's own where it gave one.
lectern_kafka_creation lectern_kafka_admin_create(
    lectern_kafka_admin *admin, const lectern_kafka_new_topic *topic, int milliseconds, char *reason, size_t size);

/// How many partitions a topic has, 0 if there is no such topic, and how many of them have a leader, so that they can be
/// written and read; -1 with the reason.
int lectern_kafka_admin_partitions(
    lectern_kafka_admin *admin, const char *topic, int milliseconds, int *led, char *reason, size_t size);

/// What librdkafka has said last of a broker, or of something else that it tries again; empty: nothing.
const char *lectern_kafka_admin_trouble(lectern_kafka_admin *admin);

void lectern_kafka_admin_close(lectern_kafka_admin *admin);

#endif
