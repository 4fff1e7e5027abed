/**
 * A shard whose trades wait, for tests: one shard of six symbols, brief lines.
 *
 *     waiting_create(f, 100, true);                       // trades that may wait; looks
 *     LIVE(f, WAITING_SOL, 1, 5);                         // ids
 *     waiting_expect_missing(f, WAITING_SOL, "W 2-4 at 10");
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_WAITING_CASE_H
#define CANDLEWICK_WAITING_CASE_H

#include "shard_case.h"

/* How long trades wait, and a time when none does any more. */
enum { WAIT_US = 2000000, LATE_US = 100 * WAIT_US };

/* Both on connection 1. */
#define WAITING_SOL "SOL-USDT"
#define WAITING_ETH "ETH-USDT"

void waiting_create(struct shard_case *f, size_t limit, bool looks);

/* ids: ended by 0. */
void waiting_arrive(struct shard_case *f, const char *symbol, enum trade_origin origin,
                    const int64_t *ids);
#define LIVE(f, symbol, ...)                                                                       \
    waiting_arrive(f, symbol, TRADE_ORIGIN_LIVE, (const int64_t[]){__VA_ARGS__, 0})
#define REPAIR(f, symbol, ...)                                                                     \
    waiting_arrive(f, symbol, TRADE_ORIGIN_REPAIR, (const int64_t[]){__VA_ARGS__, 0})
#define SNAPSHOT(f, symbol, ...)                                                                   \
    waiting_arrive(f, symbol, TRADE_ORIGIN_SNAPSHOT, (const int64_t[]){__VA_ARGS__, 0})

void waiting_let_go(struct shard_case *f, int64_t now_us);

/* "W 2-4 at 10, D 6-6 at 50, P 8- at 70": waited for, declared, perhaps; exchange times. */
void waiting_expect_missing(struct shard_case *f, const char *symbol, const char *wanted);

bool waiting_is_needy(const struct shard_case *f, const char *symbol);

void waiting_restore(struct shard_case *f, const char *symbol, int64_t first, int64_t last);

/* After a transaction that failed: progress of SOL says ids 1 to last_id. */
void waiting_begin_again(struct shard_case *f, int64_t last_id);

#endif
