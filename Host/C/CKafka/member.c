#include "lectern_kafka_member.h"

#include "conf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lectern_kafka_member {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    // What was said last and is not accepted yet.
    rd_kafka_event_t *event;
    int32_t *partitions;
    char trouble[512];
};

lectern_kafka_member *lectern_kafka_member_open(
    const char *topic, const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    lectern_kafka_member *member = calloc(1, sizeof *member);
    rd_kafka_conf_t *conf = lectern_kafka_conf(options, count, reason, size);
    if (!member || !conf) goto failed;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
    member->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, size);
    if (!member->client) goto failed;
    conf = NULL;
    rd_kafka_poll_set_consumer(member->client);
    member->queue = rd_kafka_queue_get_consumer(member->client);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(member->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (!error) return member;
    snprintf(reason, size, "%s", rd_kafka_err2str(error));
    lectern_kafka_member_close(member, 0);
    return NULL;
failed:
    if (conf) rd_kafka_conf_destroy(conf);
    free(member);
    return NULL;
}

static void forget(lectern_kafka_member *member) {
    if (member->event) rd_kafka_event_destroy(member->event);
    member->event = NULL;
    free(member->partitions);
    member->partitions = NULL;
}

lectern_kafka_change lectern_kafka_member_poll(
    lectern_kafka_member *member, int milliseconds, const int32_t **partitions, size_t *count) {
    forget(member);
    rd_kafka_event_t *event = rd_kafka_queue_poll(member->queue, milliseconds);
    if (!event) return LECTERN_KAFKA_NONE;
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_REBALANCE) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
            snprintf(member->trouble, sizeof member->trouble, "%s", rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return LECTERN_KAFKA_NONE;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    member->event = event;
    member->partitions = calloc((size_t)list->cnt + 1, sizeof *member->partitions);
    for (int index = 0; index < list->cnt; index++) member->partitions[index] = list->elems[index].partition;
    *partitions = member->partitions;
    *count = (size_t)list->cnt;
    return rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? LECTERN_KAFKA_ASSIGNED
                                                                              : LECTERN_KAFKA_REVOKED;
}

int lectern_kafka_member_accept(lectern_kafka_member *member, char *reason, size_t size) {
    if (!member->event) return 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(member->event);
    rd_kafka_error_t *error;
    if (rd_kafka_event_error(member->event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        // Nothing is read by this client: each partition waits at its end, and is paused.
        for (int index = 0; index < list->cnt; index++) list->elems[index].offset = RD_KAFKA_OFFSET_END;
        error = rd_kafka_incremental_assign(member->client, list);
        if (!error) rd_kafka_pause_partitions(member->client, list);
    } else {
        error = rd_kafka_incremental_unassign(member->client, list);
    }
    forget(member);
    if (!error) return 0;
    snprintf(reason, size, "%s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return -1;
}

const char *lectern_kafka_member_trouble(const lectern_kafka_member *member) { return member->trouble; }

void lectern_kafka_member_forget_trouble(lectern_kafka_member *member) { member->trouble[0] = 0; }

// Not rd_kafka_consumer_close: it waits for brokers that are away for ever.
static int leave(lectern_kafka_member *member, int milliseconds) {
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(member->client, member->queue);
    if (error) {
        rd_kafka_error_destroy(error);
        return 0;
    }
    for (int waited = 0; waited < milliseconds && !rd_kafka_consumer_closed(member->client); waited += 50) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(member->queue, 50);
        if (!event) continue;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
            error = rd_kafka_incremental_unassign(member->client, rd_kafka_event_topic_partition_list(event));
            if (error) rd_kafka_error_destroy(error);
        }
        rd_kafka_event_destroy(event);
    }
    return rd_kafka_consumer_closed(member->client);
}

void lectern_kafka_member_close(lectern_kafka_member *member, int milliseconds) {
    forget(member);
    int left = leave(member, milliseconds);
    rd_kafka_queue_destroy(member->queue);
    // A client that could not leave can't be destroyed either: that, too, waits for brokers. It is left to itself.
    if (left) rd_kafka_destroy(member->client);
    free(member);
}
