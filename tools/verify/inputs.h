/**
 * Which records are compared, by the input that they came of: "0:100-200,2:50-" is, of partition 0,
 * what the input offsets 100 to 200 made, of partition 2 what those from 50 on made, and nothing of
 * the others.
 *
 *     struct inputs in;
 *     if (inputs_parse(text, &in, &e) != 0) ...
 *     const struct inputs_range *range = inputs_of(&in, partition);    // NULL: not compared
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_VERIFY_INPUTS_H
#define CANDLEWICK_VERIFY_INPUTS_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum { INPUTS_MAX = 256 }; /* partitions that can be named */

struct inputs_range {
    int32_t partition;
    int64_t from; /* both inclusive; INT64_MAX: no end */
    int64_t to;
};

struct inputs {
    size_t n; /* 0: everything is compared */
    struct inputs_range ranges[INPUTS_MAX];
};

/* "" is everything. ERR_CONF: not of that form, an end before its beginning, a partition twice. */
int inputs_parse(const char *text, struct inputs *ret, struct err *e) MUST_CHECK;

/* NULL: the partition is not named, though others are. Of everything: a range without bounds. */
const struct inputs_range *inputs_of(const struct inputs *in, int32_t partition);

/* A whole number from 0 on, nothing around it. */
bool inputs_number(struct slice text, int64_t *ret);

#endif
