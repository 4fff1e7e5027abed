/**
 * The records a shard writes, each with the key and partition it belongs to.
 *
 *     const struct shard_sink k = {&about, emit, ctx};
 *     shard_put_trade(&k, symbol, &entry, &e);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_SHARD_PUT_H
#define CANDLEWICK_SHARD_PUT_H

#include "shard.h"

/* Where records go, and whose they are. */
struct shard_sink {
    const struct shard_about *about;
    shard_emit_fn emit;
    void *ctx;
};

/* All fail with what emit said only. */

int shard_put_trade(const struct shard_sink *k, const struct universe_symbol *of,
                    const struct entry *in, struct err *e) MUST_CHECK;

/* In order with the symbol's trades, and a copy for people; f's exchange and symbol are set. */
int shard_put_feed(const struct shard_sink *k, const struct universe_symbol *of,
                   const struct feed *f, struct err *e) MUST_CHECK;

/* A feed record about the ids of h. reason: NULL for none. */
int shard_put_ids(const struct shard_sink *k, const struct universe_symbol *of,
                  enum feed_event event, const struct hole *h, int64_t receive_us,
                  const char *reason, struct err *e) MUST_CHECK;

int shard_put_tick(const struct shard_sink *k, int32_t partition, const struct tick *t,
                   struct err *e) MUST_CHECK;

/* symbol: canonical, or SHARD_EPOCH_SYMBOL; p's texts are set. */
int shard_put_progress(const struct shard_sink *k, const char *symbol, const struct progress *p,
                       struct err *e) MUST_CHECK;

int shard_put_instrument(const struct shard_sink *k, const struct universe_symbol *of,
                         struct err *e) MUST_CHECK;

int shard_put_bad(const struct shard_sink *k, const struct entry *in, struct err *e) MUST_CHECK;

#endif
