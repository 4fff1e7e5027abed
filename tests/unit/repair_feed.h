/**
 * What a producer receives of an exchange in memory: connections that are lost and come back, and a
 * stream that drops, repeats and swaps trades. Into a real journal.
 *
 *     struct repair_feed f = {.market = &market, .universe = u, .rng = seed, .drop = 10};
 *     f.journal = journal;
 *     feed_turn(&f, now_us);
 *
 * Threads: pure functions, but for the journal.
 */
#ifndef CANDLEWICK_REPAIR_FEED_H
#define CANDLEWICK_REPAIR_FEED_H

#include "journal.h"
#include "repair_market.h"
#include "universe.h"

enum { FEED_PENDING = 64, FEED_LINKS_MAX = MARKET_SYMBOLS };

struct repair_feed {
    struct repair_market *market;
    const struct universe *universe;
    struct journal *journal;
    unsigned rng;
    bool tells_newest;                         /* the newest trade comes on subscribing */
    int trade, drop, repeat, swap, flap, lack; /* per cent, of each chance there is */
    bool up[FEED_LINKS_MAX];
    struct {
        int64_t due_us;
        uint32_t symbol;
        int64_t id;
        enum trade_origin origin;
    } pending[FEED_PENDING]; /* under way to us */
    size_t n_pending;
};

/* True percent times in a hundred. */
bool feed_chance(unsigned *rng, int percent);

/* A number from 0 to n - 1. */
int64_t feed_below(unsigned *rng, int64_t n);

void feed_turn(struct repair_feed *f, int64_t now_us);

/* A connection opens, or is lost with all that was under way. */
void feed_link(struct repair_feed *f, uint32_t link, bool up, int64_t now_us);

#endif
