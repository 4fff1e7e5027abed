/**
 * Writes what would go to `trades` and `quotes` as JSON lines, one record a line, in the order it
 * was received, with no broker anywhere.
 *
 *     if (print_run(&about, &e) != 0) ...
 *
 * One partition, one shard, nothing written before: each tick is printed once, that of `trades`.
 * Frames that could not be understood are in the log only. Threads: one.
 */
#ifndef CANDLEWICK_PRINT_H
#define CANDLEWICK_PRINT_H

#include "bell.h"
#include "health.h"
#include "journal.h"
#include "producer_metrics.h"
#include "quote_fold.h"
#include "shard.h"

#include <stdio.h>

struct print_about {
    struct shard_about shard;
    struct quote_fold_about quotes;
    struct journal *journal;
    struct bell *bell; /* rung by the journal */
    const struct producer_metrics *metrics;
    struct health *health;
    bool (*stopping)(void);
    bool (*failed)(void *ctx, struct err *e); /* asked whether the feed is gone */
    void *ctx;
    FILE *out;
};

/* Until stopping, or the journal is ended and printed, or nobody reads out any more (EPIPE): 0.
 * ERR_IO: out cannot be written. */
int print_run(const struct print_about *about, struct err *e) MUST_CHECK;

#endif
