#include "lectern_kafka_producer.h"

#include "conf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lectern_kafka_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *events;
    lectern_kafka_given_up *given_up;
    size_t given_up_count, given_up_capacity;
    char trouble[512];
};

lectern_kafka_producer *lectern_kafka_producer_open(
    const char *topic, const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    lectern_kafka_producer *producer = calloc(1, sizeof *producer);
    rd_kafka_conf_t *conf = lectern_kafka_conf(options, count, reason, size);
    if (!producer || !conf) goto failed;
    // Events, and of messages those alone that were given up: a group is durable when nothing of it is left.
    if (rd_kafka_conf_set(conf, "delivery.report.only.error", "true", reason, size) != RD_KAFKA_CONF_OK) goto failed;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, size);
    if (!producer->client) goto failed;
    conf = NULL;
    producer->topic = rd_kafka_topic_new(producer->client, topic, NULL);
    producer->events = rd_kafka_queue_get_main(producer->client);
    if (producer->topic && producer->events) return producer;
    snprintf(reason, size, "%s", rd_kafka_err2str(rd_kafka_last_error()));
    lectern_kafka_producer_close(producer);
    return NULL;
failed:
    if (conf) rd_kafka_conf_destroy(conf);
    free(producer);
    return NULL;
}

static void give_up(
    lectern_kafka_producer *producer, const rd_kafka_message_t *message, lectern_kafka_cause when_too_large) {
    if (!message->err) return;
    if (producer->given_up_count == producer->given_up_capacity) {
        size_t capacity = producer->given_up_capacity ? 2 * producer->given_up_capacity : 64;
        lectern_kafka_given_up *larger = realloc(producer->given_up, capacity * sizeof *larger);
        if (!larger) abort();
        producer->given_up = larger;
        producer->given_up_capacity = capacity;
    }
    producer->given_up[producer->given_up_count++] = (lectern_kafka_given_up){
        .tag = (size_t)(uintptr_t)message->_private,
        .cause = message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? when_too_large : LECTERN_KAFKA_NOT_DELIVERED,
        .reason = rd_kafka_err2str(message->err),
    };
}

// Together, so that librdkafka asks for the time once, not once for each.
void lectern_kafka_producer_add(lectern_kafka_producer *producer, const lectern_kafka_outgoing *messages, size_t count) {
    rd_kafka_message_t batch[256];
    while (count > 0) {
        size_t length = count < sizeof batch / sizeof *batch ? count : sizeof batch / sizeof *batch;
        for (size_t index = 0; index < length; index++)
            batch[index] = (rd_kafka_message_t){
                .partition = messages[index].partition,
                .payload = (void *)messages[index].value,
                .len = messages[index].value_length,
                .key = (void *)messages[index].key,
                .key_len = messages[index].key_length,
                ._private = (void *)(uintptr_t)messages[index].tag,
            };
        // Without another flag values are neither copied nor freed; keys always are copied.
        int added = rd_kafka_produce_batch(
            producer->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_PARTITION, batch, (int)length);
        for (size_t index = 0; index < length && added < (int)length; index++)
            give_up(producer, &batch[index], LECTERN_KAFKA_TOO_LARGE);
        messages += length;
        count -= length;
    }
}

size_t lectern_kafka_producer_wait(lectern_kafka_producer *producer, int milliseconds) {
    // Also has what is queued be sent without waiting for more.
    rd_kafka_flush(producer->client, milliseconds);
    rd_kafka_event_t *event;
    while ((event = rd_kafka_queue_poll(producer->events, 0))) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            const rd_kafka_message_t *message;
            while ((message = rd_kafka_event_message_next(event)))
                give_up(producer, message, LECTERN_KAFKA_BATCH_TOO_LARGE);
        } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
            snprintf(
                producer->trouble, sizeof producer->trouble, "%s: %s", rd_kafka_err2str(rd_kafka_event_error(event)),
                rd_kafka_event_error_string(event));
        }
        rd_kafka_event_destroy(event);
    }
    return (size_t)rd_kafka_outq_len(producer->client);
}

const lectern_kafka_given_up *lectern_kafka_producer_given_up(lectern_kafka_producer *producer, size_t *count) {
    *count = producer->given_up_count;
    producer->given_up_count = 0;
    return producer->given_up;
}

int lectern_kafka_producer_is_fatal(lectern_kafka_producer *producer, char *reason, size_t size) {
    if (rd_kafka_fatal_error(producer->client, reason, size) == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    // What was sent may still be stored: its answer is waited for.
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE);
    return 1;
}

const char *lectern_kafka_producer_trouble(const lectern_kafka_producer *producer) { return producer->trouble; }

void lectern_kafka_producer_close(lectern_kafka_producer *producer) {
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    // Messages are borrowed: it must have let go of all of them.
    while (lectern_kafka_producer_wait(producer, 100)) {}
    if (producer->events) rd_kafka_queue_destroy(producer->events);
    if (producer->topic) rd_kafka_topic_destroy(producer->topic);
    rd_kafka_destroy(producer->client);
    free(producer->given_up);
    free(producer);
}
