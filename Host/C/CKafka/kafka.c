#include "lectern_kafka.h"

#include "conf.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lectern_kafka {
    rd_kafka_t *client;
    size_t outstanding;
    char failure[512];
    char trouble[512];
};

// Called by `rd_kafka_poll` alone, on its thread.
static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    (void)client;
    lectern_kafka *kafka = context;
    kafka->outstanding--;
    if (!message->err || *kafka->failure) return;
    const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
    snprintf(kafka->failure, sizeof kafka->failure, "topic %s: %s", topic, rd_kafka_err2str(message->err));
}

// The same.
static void said(rd_kafka_t *client, int error, const char *reason, void *context) {
    (void)client;
    lectern_kafka *kafka = context;
    snprintf(
        kafka->trouble, sizeof kafka->trouble, "%s: %s", rd_kafka_err2str((rd_kafka_resp_err_t)error), reason);
}

int lectern_kafka_check(const char *name, const char *value, char *reason, size_t size) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, reason, size);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK ? 0 : -1;
}

lectern_kafka *lectern_kafka_open(const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    lectern_kafka *kafka = calloc(1, sizeof *kafka);
    rd_kafka_conf_t *conf = lectern_kafka_conf(options, count, reason, size);
    if (!kafka || !conf) goto failed;
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_error_cb(conf, said);
    kafka->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, size);
    if (!kafka->client) goto failed;
    return kafka;
failed:
    if (conf) rd_kafka_conf_destroy(conf);
    free(kafka);
    return NULL;
}

int lectern_kafka_produce(lectern_kafka *kafka, const lectern_kafka_event *event, char *reason, size_t size) {
    char partition[16], position[32];
    int partition_length = snprintf(partition, sizeof partition, "%" PRIu32, event->partition);
    int position_length = snprintf(position, sizeof position, "%" PRIu64, event->position);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    rd_kafka_header_add(headers, "id", -1, event->id, (ssize_t)event->id_length);
    rd_kafka_header_add(headers, "type", -1, event->type, (ssize_t)event->type_length);
    rd_kafka_header_add(headers, "partition", -1, partition, partition_length);
    rd_kafka_header_add(headers, "position", -1, position, position_length);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        kafka->client, RD_KAFKA_V_TOPIC(event->topic), RD_KAFKA_V_KEY(event->key, event->key_length),
        RD_KAFKA_V_VALUE((void *)event->value, event->value_length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (!error) {
        kafka->outstanding++;
        return 0;
    }
    rd_kafka_headers_destroy(headers);
    snprintf(reason, size, "topic %s: %s", event->topic, rd_kafka_err2str(error));
    return -1;
}

size_t lectern_kafka_wait(lectern_kafka *kafka, int milliseconds) {
    rd_kafka_poll(kafka->client, milliseconds);
    return kafka->outstanding;
}

const char *lectern_kafka_failure(const lectern_kafka *kafka) { return kafka->failure; }

const char *lectern_kafka_trouble(const lectern_kafka *kafka) { return kafka->trouble; }

void lectern_kafka_close(lectern_kafka *kafka) {
    rd_kafka_purge(kafka->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    // Events are borrowed: it must have let go of all of them.
    while (rd_kafka_outq_len(kafka->client) > 0) rd_kafka_poll(kafka->client, 100);
    rd_kafka_destroy(kafka->client);
    free(kafka);
}
