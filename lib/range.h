/**
 * Which part of a topic is read: by offset, by Kafka's time, from the beginning or from now on.
 *
 *     struct range range;
 *     if (range_init(&range, &wishes, now_us, &e) != 0) ...
 *     if (range_plan(&range, &log, &start, &end, &e) != 0) ...     // per partition
 *
 * Kafka's time is that of writing, in milliseconds: not when a trade was made. Neither clock nor
 * Kafka here: what they say is an argument.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_RANGE_H
#define CANDLEWICK_RANGE_H

#include "err.h"

#include <stdint.h>

#define RANGE_NO_TIME INT64_MIN
#define RANGE_FOR_EVER INT64_MAX

/* As the options say it: -1 and "" where they say nothing. */
struct range_wishes {
    bool from_beginning;
    bool exit_at_end;
    int64_t partition;
    int64_t from_offset;
    int64_t to_offset; /* the last one to print */
    const char *from_time;
    const char *to_time;
};

struct range {
    bool from_beginning;
    bool exit_at_end;
    int64_t from_offset; /* -1: not by offset */
    int64_t to_offset;
    int64_t from_us; /* RANGE_NO_TIME: not by time */
    int64_t to_us;
};

/* ERR_CONF: no time, a time to come as the end, offsets without a partition, an end before its
 * beginning, two beginnings or two ends. */
int range_init(struct range *r, const struct range_wishes *w, int64_t now_us,
               struct err *e) MUST_CHECK;

/* One partition, as it is now. */
struct range_log {
    int64_t low;     /* first offset it has */
    int64_t high;    /* behind its last */
    int64_t at_from; /* first offset written at from_us or later, high if none; where that is set */
    int64_t at_to;   /* behind all that is to be read for to_us, high if it is unknown */
};

enum {
    RANGE_START_LATEST = -1,   /* begin with what is not there yet */
    RANGE_START_EARLIEST = -2, /* begin with the first record there is by then */
};

/* *ret_start: an offset or one of the words above; *ret_end: print offsets below it, RANGE_FOR_EVER
 * for no end. ERR_STATE: the partition does not have the offset to begin with. */
int range_plan(const struct range *r, const struct range_log *log, int64_t *ret_start,
               int64_t *ret_end, struct err *e) MUST_CHECK;

/* Whether a record written at that time is in the range: writers' clocks differ, so one may lie
 * between others of a range and not belong to it. */
bool range_holds(const struct range *r, int64_t time_us);

#endif
