/**
 * Where in Kafka a record lies, for whoever prints it.
 * Threads: a value.
 */
#ifndef CANDLEWICK_TAP_PLACE_H
#define CANDLEWICK_TAP_PLACE_H

#include "slice.h"

#include <stdint.h>

struct tap_place {
    int32_t partition;
    int64_t offset;
    int64_t time_us; /* Kafka's: when it was written */
    struct slice key;
    bool has_key;
};

#endif
