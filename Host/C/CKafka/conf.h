#pragma once
#include "lectern_kafka.h"

#include <librdkafka/rdkafka.h>

// The settings of a client. NULL with the reason if librdkafka does not take them.
rd_kafka_conf_t *lectern_kafka_conf(const lectern_kafka_option *options, size_t count, char *reason, size_t size);
