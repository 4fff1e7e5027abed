/**
 * Records as JSON lines or CSV on a file descriptor.
 *
 *     struct tap_output out;
 *     tap_output_init(&out, STDOUT_FILENO, &(struct tap_wishes){.filter = &filter, .max_lines =
 * 10}); if (tap_output_line(&out, &record, NULL, &e) != 0 || tap_output_flush(&out, &e) != 0) ...
 *
 * CSV has the columns of one kind of record: the one that the filter leaves, else that of the first
 * record. Others are counted.
 * Nobody reading any more, and having printed what was asked for, are ERR_STOPPED: the work is over
 * but nothing has failed.
 * Threads: one.
 */
#ifndef CANDLEWICK_TAP_OUTPUT_H
#define CANDLEWICK_TAP_OUTPUT_H

#include "tap_filter.h"
#include "tap_place.h"

struct tap_wishes {
    const struct tap_filter *filter; /* borrowed */
    bool csv;                        /* else JSON */
    bool place;                      /* print where each record lies */
    int64_t max_lines;               /* without the header; 0: any number */
};

struct tap_output {
    int fd;
    struct tap_wishes wishes;
    unsigned csv_kind;            /* record_type of its columns; RECORD_TYPES: not chosen yet */
    bool has_header;              /* the line with the columns' names is printed */
    int64_t others[RECORD_TYPES]; /* records that have no place in the CSV, by their type */
    int64_t other_tombstones;
    int64_t lines;      /* printed */
    struct strbuf text; /* not yet written */
};

void tap_output_init(struct tap_output *o, int fd, const struct tap_wishes *wishes);
void tap_output_finish(struct tap_output *o);

/* One line, unless the filter leaves it out. r: NULL for a tombstone; place: needed where
 * wishes.place. ERR_STOPPED as above; ERR_IO, ERR_NOMEM. */
int tap_output_line(struct tap_output *o, const struct record *r, const struct tap_place *place,
                    struct err *e) MUST_CHECK;

/* Writes what waits. To be called before every wait for input, and at the end. */
int tap_output_flush(struct tap_output *o, struct err *e) MUST_CHECK;

/* False: whoever read our output is gone. */
bool tap_output_wanted(const struct tap_output *o);

#endif
