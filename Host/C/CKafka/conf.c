#include "conf.h"

#include <stdio.h>

rd_kafka_conf_t *lectern_kafka_conf(const lectern_kafka_option *options, size_t count, char *reason, size_t size) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!conf) {
        snprintf(reason, size, "no memory");
        return NULL;
    }
    for (size_t index = 0; index < count; index++) {
        if (rd_kafka_conf_set(conf, options[index].name, options[index].value, reason, size) != RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    }
    // Its threads would call it.
    rd_kafka_conf_set_log_cb(conf, NULL);
    return conf;
}
