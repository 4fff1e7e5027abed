/**
 * The thread that plays a file of recorded frames into the journals, in place of a feed.
 *
 *     struct read_file *r = read_file_start("frames.jsonl", &intake_about, &e);
 *     ...                                            // journals end when the file does
 *     int malformed = read_file_stop(r, &e);
 *
 * Threads: start and stop from one; the file is read by a thread of its own.
 */
#ifndef CANDLEWICK_READ_FILE_H
#define CANDLEWICK_READ_FILE_H

#include "replay.h"

struct read_file;

struct read_file_about {
    const char *path;
    const struct exchange_ops *ops;
    struct channels listen;
    const struct universe *universe;
    struct journal *const *journals;   /* one per shard; ended with the file, however it ends */
    struct quote_queue *const *queues; /* as intake.h says */
    const struct producer_metrics *metrics;
};

/* NULL: ERR_IO (the file cannot be opened), ERR_NOMEM. */
struct read_file *read_file_start(const struct read_file_about *about, struct err *e);

/* Ends the thread. 0: every line was taken; -1: ERR_PROTO: some were not, and have been named in
 * the log; ERR_IO, ERR_NOMEM; ERR_STOPPED: before the end of the file. NULL is fine: 0. */
int read_file_stop(struct read_file *r, struct err *e) MUST_CHECK;

#endif
