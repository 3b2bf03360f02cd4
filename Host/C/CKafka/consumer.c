#include "lectern_kafka_consumer.h"

#include "conf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { read_limit = 1024 };

struct lectern_kafka_consumer {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *messages[read_limit];
    size_t count;
    char trouble[512];
};

// Called by the calls that serve its queue, on their thread.
static void said(rd_kafka_t *client, int error, const char *reason, void *context) {
    (void)client;
    lectern_kafka_consumer *consumer = context;
    snprintf(
        consumer->trouble, sizeof consumer->trouble, "%s: %s", rd_kafka_err2str((rd_kafka_resp_err_t)error), reason);
}

static int failed(rd_kafka_resp_err_t error, char *reason, size_t size) {
    snprintf(reason, size, "%s", rd_kafka_err2str(error));
    return -1;
}

lectern_kafka_consumer *lectern_kafka_consumer_open(
    const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    lectern_kafka_consumer *consumer = calloc(1, sizeof *consumer);
    rd_kafka_conf_t *conf = lectern_kafka_conf(options, count, reason, size);
    if (!consumer || !conf) goto failed;
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, said);
    consumer->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, size);
    if (!consumer->client) goto failed;
    rd_kafka_poll_set_consumer(consumer->client);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->client);
    return consumer;
failed:
    if (conf) rd_kafka_conf_destroy(conf);
    free(consumer);
    return NULL;
}

int lectern_kafka_consumer_partitions(
    lectern_kafka_consumer *consumer, const char *topic, int milliseconds, char *reason, size_t size) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer->client, topic, NULL);
    if (!handle) return failed(rd_kafka_last_error(), reason, size);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = rd_kafka_metadata(consumer->client, 0, handle, &metadata, milliseconds);
    rd_kafka_topic_destroy(handle);
    if (error) return failed(error, reason, size);
    int count = -1;
    if (metadata->topic_cnt != 1) failed(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, reason, size);
    else if (metadata->topics[0].err) failed(metadata->topics[0].err, reason, size);
    else count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

// Not rd_kafka_query_watermark_offsets: it may wait for a broker that is away for longer than it is told to.
static int offsets(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, size_t count, int milliseconds,
    int64_t asked, int64_t *found, char *reason, size_t size) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t index = 0; index < count; index++)
        rd_kafka_topic_partition_list_add(list, topic, partition + (int32_t)index)->offset = asked;
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(consumer->client, list, milliseconds);
    for (int index = 0; !error && index < list->cnt; index++) {
        error = list->elems[index].err;
        found[list->elems[index].partition - partition] = list->elems[index].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return error ? failed(error, reason, size) : 0;
}

int lectern_kafka_consumer_ends(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, size_t count, int milliseconds,
    int64_t *first, int64_t *next, char *reason, size_t size) {
    // What the protocol asks for the earliest and the latest offset by.
    if (offsets(consumer, topic, partition, count, milliseconds, -2, first, reason, size)) return -1;
    return offsets(consumer, topic, partition, count, milliseconds, -1, next, reason, size);
}

int64_t lectern_kafka_consumer_next(lectern_kafka_consumer *consumer, const char *topic, int32_t partition) {
    int64_t first = -1, next = -1;
    if (rd_kafka_get_watermark_offsets(consumer->client, topic, partition, &first, &next)) return -1;
    return next >= 0 ? next : -1;
}

int lectern_kafka_consumer_add(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, int64_t offset, char *reason, size_t size) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_error_t *error = rd_kafka_incremental_assign(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error) return 0;
    snprintf(reason, size, "%s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return -1;
}

void lectern_kafka_consumer_remove(lectern_kafka_consumer *consumer, const char *topic, int32_t partition) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(consumer->client, list);
    // It was not read.
    if (error) rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
}

static void release(lectern_kafka_consumer *consumer) {
    for (size_t index = 0; index < consumer->count; index++) rd_kafka_message_destroy(consumer->messages[index]);
    consumer->count = 0;
}

size_t lectern_kafka_consumer_read(
    lectern_kafka_consumer *consumer, lectern_kafka_message *messages, size_t limit, int milliseconds) {
    release(consumer);
    if (limit > read_limit) limit = read_limit;
    ssize_t count = rd_kafka_consume_batch_queue(consumer->queue, milliseconds, consumer->messages, limit);
    if (count < 0) return 0;
    consumer->count = (size_t)count;
    for (size_t index = 0; index < consumer->count; index++) {
        const rd_kafka_message_t *message = consumer->messages[index];
        messages[index] = (lectern_kafka_message){
            .topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "",
            .partition = message->partition,
            .offset = message->offset,
            .value = message->payload,
            .length = message->len,
            .time = rd_kafka_message_timestamp(message, &(rd_kafka_timestamp_type_t){0}),
            .problem = message->err ? rd_kafka_message_errstr(message) : NULL,
            .is_out_of_range = message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                               message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        };
        if (message->err) messages[index].value = NULL, messages[index].length = 0;
    }
    return consumer->count;
}

void lectern_kafka_consumer_commit(
    lectern_kafka_consumer *consumer, const char *topic, int32_t partition, int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_commit(consumer->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

const char *lectern_kafka_consumer_trouble(const lectern_kafka_consumer *consumer) { return consumer->trouble; }

void lectern_kafka_consumer_close(lectern_kafka_consumer *consumer) {
    release(consumer);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_consumer_close(consumer->client);
    rd_kafka_destroy(consumer->client);
    free(consumer);
}
