// A Kafka cluster for tests, as far as librdkafka's mock goes: producing, consuming, groups; no transactions, and nothing
// survives its end.
//
//     kafka-broker [--brokers N] [--partitions N] [--control FIFO] [TOPIC…]
//
// prints its address, and then does what it is told, a line each, on standard input or a named pipe. "done" is printed when
// that is so.
//
//     down N | up N           the broker with this number, from 1, goes away or comes back
//     rtt MILLISECONDS [N]    all brokers, or this one, answer so much later
//     errors N CODE [KEY]     the next N requests of a kind are answered with this error of Kafka's: 0 Produce, which is meant
//                             without KEY, 1 Fetch, 3 Metadata, 22 InitProducerId, and so on; with N 0 those that have not
//                             come to it are forgotten
//     late N MILLISECONDS B [KEY]     the next N requests of a kind are done by broker B at once, and answered so much later
//     leader TOPIC PARTITION N        the partition moves to this broker
//     coordinator GROUP N     the group moves to this broker
//     read TOPIC FILE         writes all messages of the topic into a file, a line of JSON each
//     write TOPIC FILE        makes each line of a file a message of the topic, one partition after the other
//     end
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

enum { produce_request = 0 };

static int brokers = 1, partitions = 4;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "kafka-broker: %s: %s\n", what, why);
    exit(1);
}

static void write_text(FILE *file, const char *text, size_t length) {
    fputc('"', file);
    for (size_t index = 0; index < length; index++) {
        unsigned char byte = (unsigned char)text[index];
        if (byte == '"' || byte == '\\') fprintf(file, "\\%c", byte);
        else if (byte < 0x20) fprintf(file, "\\u%04x", byte);
        else fputc(byte, file);
    }
    fputc('"', file);
}

static void write_message(FILE *file, const rd_kafka_message_t *message) {
    fprintf(file, "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"key\":", message->partition, message->offset);
    if (message->key) write_text(file, message->key, message->key_len);
    else fputs("null", file);
    fputs(",\"headers\":{", file);
    rd_kafka_headers_t *headers;
    if (!rd_kafka_message_headers(message, &headers)) {
        const char *name;
        const void *value;
        size_t size;
        for (size_t index = 0; !rd_kafka_header_get_all(headers, index, &name, &value, &size); index++) {
            if (index) fputc(',', file);
            write_text(file, name, strlen(name));
            fputc(':', file);
            write_text(file, value, size);
        }
    }
    fputs("},\"value\":", file);
    write_text(file, message->payload, message->len);
    fputs("}\n", file);
}

static void read_topic(const char *bootstraps, const char *topic, const char *path) {
    char reason[512];
    FILE *file = fopen(path, "w");
    if (!file) fail(path, "can't be written");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstraps, reason, sizeof reason);
    rd_kafka_conf_set(conf, "group.id", "reader", reason, sizeof reason);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", reason, sizeof reason);
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", reason, sizeof reason);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (!consumer) fail("consumer", reason);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (int left = partitions; left > 0;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
        if (!message) continue;
        if (!message->err) write_message(file, message);
        else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) left--;
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    fclose(file);
}

static void write_topic(const char *bootstraps, const char *topic, const char *path) {
    char reason[512], line[1 << 16];
    FILE *file = fopen(path, "r");
    if (!file) fail(path, "can't be read");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstraps, reason, sizeof reason);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!producer) fail("producer", reason);
    for (int number = 0; fgets(line, sizeof line, file); number++) {
        size_t length = strcspn(line, "\n");
        for (;;) {
            rd_kafka_resp_err_t error = rd_kafka_producev(
                producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(number % partitions),
                RD_KAFKA_V_VALUE(line, length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
            if (!error) break;
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(topic, rd_kafka_err2str(error));
            rd_kafka_poll(producer, 10);
        }
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 60000);
    rd_kafka_destroy(producer);
    fclose(file);
}

static void obey(rd_kafka_mock_cluster_t *cluster, char *line) {
    char first[1024], second[4096], third[1024], fourth[1024];
    int count = sscanf(line, "%*s %1023s %4095s %1023s %1023s", first, second, third, fourth);
    if (!strncmp(line, "down ", 5) && count >= 1) rd_kafka_mock_broker_set_down(cluster, atoi(first));
    else if (!strncmp(line, "up ", 3) && count >= 1) rd_kafka_mock_broker_set_up(cluster, atoi(first));
    else if (!strncmp(line, "rtt ", 4) && count >= 1) {
        for (int broker = 1; broker <= brokers; broker++)
            if (count == 1 || broker == atoi(second)) rd_kafka_mock_broker_set_rtt(cluster, broker, atoi(first));
    } else if (!strncmp(line, "leader ", 7) && count == 3) {
        rd_kafka_mock_partition_set_leader(cluster, first, atoi(second), atoi(third));
    } else if (!strncmp(line, "coordinator ", 12) && count == 2) {
        rd_kafka_mock_coordinator_set(cluster, "group", first, atoi(second));
    } else if (!strncmp(line, "late ", 5) && count >= 3) {
        for (int number = atoi(first); number > 0; number--)
            rd_kafka_mock_broker_push_request_error_rtts(
                cluster, atoi(third), (int16_t)(count == 4 ? atoi(fourth) : produce_request), 1,
                RD_KAFKA_RESP_ERR_NO_ERROR, atoi(second));
    } else if (!strncmp(line, "errors ", 7) && count >= 2) {
        size_t number = (size_t)atoi(first);
        int16_t kind = (int16_t)(count == 3 ? atoi(third) : produce_request);
        if (!number) {
            rd_kafka_mock_clear_request_errors(cluster, kind);
            return;
        }
        rd_kafka_resp_err_t *errors = calloc(number, sizeof *errors);
        for (size_t index = 0; index < number; index++) errors[index] = (rd_kafka_resp_err_t)atoi(second);
        rd_kafka_mock_push_request_errors_array(cluster, kind, number, errors);
        free(errors);
    } else if (!strncmp(line, "read ", 5) && count == 2) {
        read_topic(rd_kafka_mock_cluster_bootstraps(cluster), first, second);
    } else if (!strncmp(line, "write ", 6) && count == 2) {
        write_topic(rd_kafka_mock_cluster_bootstraps(cluster), first, second);
    } else {
        fail("not a command", line);
    }
}

int main(int count, char **arguments) {
    const char *control = NULL;
    int index = 1;
    for (; index + 1 < count && !strncmp(arguments[index], "--", 2); index += 2) {
        if (!strcmp(arguments[index], "--brokers")) brokers = atoi(arguments[index + 1]);
        else if (!strcmp(arguments[index], "--partitions")) partitions = atoi(arguments[index + 1]);
        else if (!strcmp(arguments[index], "--control")) control = arguments[index + 1];
        else fail("not an option", arguments[index]);
    }
    char reason[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    if (!client) fail("librdkafka", reason);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, brokers);
    if (!cluster) fail("librdkafka", "no mock cluster");
    for (; index < count; index++) rd_kafka_mock_topic_create(cluster, arguments[index], partitions, 1);
    // Readers and writers keep it open, so that it never ends.
    FILE *input = control ? fdopen(open(control, O_RDWR), "r") : stdin;
    if (!input) fail(control, "can't be opened");
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    char line[8192];
    while (fgets(line, sizeof line, input) && strcmp(line, "end\n")) {
        obey(cluster, line);
        puts("done");
        fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
    return 0;
}
