/**
 * A shard under test, and what it writes as short lines.
 *
 *     struct shard_case *f;                                       // of shard_case_setup()
 *     f->universe = case_universe(1, 2);
 *     shard_case_create(f, &about);
 *     shard_case_trade(f, "BTC-EUR", 7, TRADE_ORIGIN_LIVE);       // at 70, received at 71
 *     shard_case_expect(f, "T0[BTC] trade BTC-EUR 7=7 @70\n");    // topic, partition, key
 *
 * Topics: T trades, F feeds, P progress, I instruments, D dead letters.
 * Threads: one.
 */
#ifndef CANDLEWICK_SHARD_CASE_H
#define CANDLEWICK_SHARD_CASE_H

#include "shard.h"

struct shard_case {
    struct universe *universe;
    struct hold *hold; /* or NULL */
    struct shard *shard;
    bool brief;        /* leave out feeds and instruments */
    struct strbuf out; /* lines since the last shard_case_expect() */
};

/* Of cmocka; what a test puts into the case is freed. */
int shard_case_setup(void **state);
int shard_case_teardown(void **state);

void shard_case_create(struct shard_case *f, const struct shard_about *about);

/* These lines were written, and no others. */
void shard_case_expect(struct shard_case *f, const char *lines);

/* shard_emit_fn; ctx: the case. */
int shard_case_emit(void *ctx, const struct shard_output *out, struct err *e);

void shard_case_apply(struct shard_case *f, const struct entry *in);
void shard_case_trade(struct shard_case *f, const char *symbol, int64_t id,
                      enum trade_origin origin);
void shard_case_link(struct shard_case *f, uint32_t link, bool up, int64_t at_us);
void shard_case_flush(struct shard_case *f);

/* up: of all symbols. */
void shard_case_begin(struct shard_case *f, bool up, int64_t since_us);

/* Progress as it is read back. */
int shard_case_restore(struct shard_case *f, const char *exchange, const char *stream,
                       const char *symbol, int64_t first, int64_t last, struct err *e);

#endif
