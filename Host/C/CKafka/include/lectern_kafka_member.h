#ifndef LECTERN_KAFKA_MEMBER_H
#define LECTERN_KAFKA_MEMBER_H

#include "lectern_kafka.h"

/// A member of a consumer group, which is given partitions of a topic and reads nothing. One thread at a time uses it.
typedef struct lectern_kafka_member lectern_kafka_member;

/// What the group says of partitions.
typedef enum lectern_kafka_change {
    LECTERN_KAFKA_NONE,
    /// They are the member's once it has accepted.
    LECTERN_KAFKA_ASSIGNED,
    /// They are no longer the member's once it has accepted.
    LECTERN_KAFKA_REVOKED,
} lectern_kafka_change;

/// Makes a member; connects to nobody yet. NULL with librdkafka's reason if the settings can't be.
lectern_kafka_member *lectern_kafka_member_open(
    const char *topic, const lectern_kafka_option *options, size_t count, char *reason, size_t size);

/// Waits for up to so many milliseconds for what the group says. `partitions` are borrowed until `accept`, which has to follow.
lectern_kafka_change lectern_kafka_member_poll(
    lectern_kafka_member *member, int milliseconds, const int32_t **partitions, size_t *count);

/// Tells the group that what `poll` has said is so: 0, or -1 with the reason.
int lectern_kafka_member_accept(lectern_kafka_member *member, char *reason, size_t size);

/// What librdkafka has said last of a broker, or of something else that it tries again; empty: nothing.
const char *lectern_kafka_member_trouble(const lectern_kafka_member *member);

/// Forgets what was said last.
void lectern_kafka_member_forget_trouble(lectern_kafka_member *member);

/// Leaves the group, whatever is assigned. If that takes longer than so many milliseconds, the group finds out by itself.
void lectern_kafka_member_close(lectern_kafka_member *member, int milliseconds);

#endif
