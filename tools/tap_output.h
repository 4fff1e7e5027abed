/**
 * Records as JSON lines on a file descriptor.
 *
 *     struct tap_output out;
 *     tap_output_init(&out, STDOUT_FILENO, &(struct tap_wishes){.max_lines = 10});
 *     if (tap_output_line(&out, &record, NULL, &e) != 0 || tap_output_flush(&out, &e) != 0) ...
 *
 * Nobody reading any more, and having printed what was asked for, are ERR_STOPPED: the work is over
 * but nothing has failed.
 * Threads: one.
 */
#ifndef CANDLEWICK_TAP_OUTPUT_H
#define CANDLEWICK_TAP_OUTPUT_H

#include "record.h"

struct tap_wishes {
    bool ticks;        /* print them */
    int64_t max_lines; /* 0: any number */
};

/* Where a record lies, printed around it. */
struct tap_place {
    int32_t partition;
    int64_t offset;
    int64_t time_us; /* Kafka's: when it was written */
    struct slice key;
    bool has_key;
};

struct tap_output {
    int fd;
    struct tap_wishes wishes;
    int64_t lines;      /* printed */
    struct strbuf text; /* not yet written */
};

void tap_output_init(struct tap_output *o, int fd, const struct tap_wishes *wishes);
void tap_output_finish(struct tap_output *o);

/* One line, unless it is a tick that nobody wants. r: NULL for null; place: NULL for the record
 * alone. ERR_STOPPED as above; ERR_IO, ERR_NOMEM. */
int tap_output_line(struct tap_output *o, const struct record *r, const struct tap_place *place,
                    struct err *e) MUST_CHECK;

/* Writes what waits. To be called before every wait for input. */
int tap_output_flush(struct tap_output *o, struct err *e) MUST_CHECK;

/* False: whoever read our output is gone. */
bool tap_output_wanted(const struct tap_output *o);

#endif
