#include "lectern_kafka_admin.h"

#include "conf.h"
#include <stdio.h>
#include <stdlib.h>

// How long the cluster may take to say who is in it, in milliseconds.
enum { patience = 5000 };

struct lectern_kafka_admin {
    rd_kafka_t *client;
    char trouble[512];
};

// Called by `rd_kafka_poll` alone, on its thread.
static void said(rd_kafka_t *client, int error, const char *reason, void *context) {
    (void)client;
    lectern_kafka_admin *admin = context;
    snprintf(admin->trouble, sizeof admin->trouble, "%s: %s", rd_kafka_err2str((rd_kafka_resp_err_t)error), reason);
}

lectern_kafka_admin *lectern_kafka_admin_open(
    const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    lectern_kafka_admin *admin = calloc(1, sizeof *admin);
    rd_kafka_conf_t *conf = lectern_kafka_conf(options, count, reason, size);
    if (!admin || !conf) goto failed;
    rd_kafka_conf_set_opaque(conf, admin);
    rd_kafka_conf_set_error_cb(conf, said);
    // A producer that asks about a topic makes it, on clusters that allow that.
    admin->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, size);
    if (!admin->client) goto failed;
    return admin;
failed:
    if (conf) rd_kafka_conf_destroy(conf);
    free(admin);
    return NULL;
}

static lectern_kafka_creation creation(rd_kafka_resp_err_t error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return LECTERN_KAFKA_CREATED;
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: return LECTERN_KAFKA_EXISTS;
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: return LECTERN_KAFKA_UNSUPPORTED;
        default: return LECTERN_KAFKA_FAILED;
    }
}

// What the cluster has answered. NULL: it has not.
static lectern_kafka_creation answer(rd_kafka_event_t *event, char *reason, size_t size) {
    rd_kafka_resp_err_t error = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *text = event && error ? rd_kafka_event_error_string(event) : NULL;
    if (!error) {
        size_t count;
        const rd_kafka_topic_result_t **topics =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        error = count == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        if (count == 1) text = rd_kafka_topic_result_error_string(topics[0]);
    }
    snprintf(reason, size, "%s", text ? text : rd_kafka_err2str(error));
    return creation(error);
}

// `CREATED`: somebody is there who makes topics. librdkafka itself would wait for one in silence.
static lectern_kafka_creation find_controller(lectern_kafka_admin *admin, char *reason, size_t size) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(admin->client, 0, NULL, &metadata, patience);
    if (error) {
        snprintf(reason, size, "%s", rd_kafka_err2str(error));
        return LECTERN_KAFKA_FAILED;
    }
    int id = rd_kafka_controllerid(admin->client, patience), found = 0;
    for (int index = 0; index < metadata->broker_cnt; index++) found += metadata->brokers[index].id == id;
    rd_kafka_metadata_destroy(metadata);
    if (found) return LECTERN_KAFKA_CREATED;
    snprintf(reason, size, "none of its brokers is the controller");
    return LECTERN_KAFKA_UNSUPPORTED;
}

lectern_kafka_creation lectern_kafka_admin_create(
    lectern_kafka_admin *admin, const lectern_kafka_new_topic *topic, int milliseconds, char *reason, size_t size) {
    lectern_kafka_creation result = find_controller(admin, reason, size);
    if (result != LECTERN_KAFKA_CREATED) return result;
    result = LECTERN_KAFKA_FAILED;
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, topic->replication, reason, size);
    if (!wanted) return result;
    for (size_t index = 0; index < topic->setting_count; index++)
        rd_kafka_NewTopic_set_config(wanted, topic->settings[index].name, topic->settings[index].value);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->client);
    if (!rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, reason, size)
        && !rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, reason, size)) {
        rd_kafka_CreateTopics(admin->client, &wanted, 1, options, queue);
        // An answer comes after the time-out, too.
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, milliseconds + 1000);
        result = answer(event, reason, size);
        if (event) rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(wanted);
    return result;
}

int lectern_kafka_admin_partitions(
    lectern_kafka_admin *admin, const char *topic, int milliseconds, int *led, char *reason, size_t size) {
    *led = 0;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(admin->client, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error =
        handle ? rd_kafka_metadata(admin->client, 0, handle, &metadata, milliseconds) : rd_kafka_last_error();
    if (handle) rd_kafka_topic_destroy(handle);
    int count = 0;
    if (!error && metadata->topic_cnt == 1) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
        error = found->err;
        count = found->partition_cnt;
        for (int index = 0; index < count; index++) *led += found->partitions[index].leader >= 0;
    }
    if (metadata) rd_kafka_metadata_destroy(metadata);
    // The second: not all brokers have it yet.
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) return 0;
    if (!error) return count;
    snprintf(reason, size, "%s", rd_kafka_err2str(error));
    return -1;
}

const char *lectern_kafka_admin_trouble(lectern_kafka_admin *admin) {
    rd_kafka_poll(admin->client, 0);
    return admin->trouble;
}

void lectern_kafka_admin_close(lectern_kafka_admin *admin) {
    rd_kafka_destroy(admin->client);
    free(admin);
}
