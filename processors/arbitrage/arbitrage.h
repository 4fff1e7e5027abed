/**
 * The arbitrage fold: quotes and ticks in, opportunities out. What it promises is told in
 * docs/ARBITRAGE.md.
 *
 *     int main(int argc, char **argv) { return fold_main(argc, argv, &arbitrage_fold); }
 *
 * Threads: a state is used by one thread at a time.
 */
#ifndef CANDLEWICK_ARBITRAGE_H
#define CANDLEWICK_ARBITRAGE_H

#include "board.h"
#include "fold.h"
#include "rules.h"

struct arbitrage_options {
    char *fees; /* a file */
    char *open_bps;
    char *close_bps;
    char *suspect_bps;
    char *min_notional;
    int64_t max_age_ms;
    int64_t tick_max_age_ms;
    int64_t min_dwell_ms;
    int64_t update_ms;
    int64_t max_duration_s;
    int64_t watching_s;
    int64_t max_symbols;
    int64_t max_exchanges;

    struct rules rules; /* made of the above; all that the fold looks at */
};

enum arbitrage_counter {
    ARBITRAGE_QUOTES,        /* quotes folded */
    ARBITRAGE_IGNORED,       /* quotes and ticks of an older epoch */
    ARBITRAGE_CONTRADICTORY, /* quotes that contradict themselves */
    ARBITRAGE_OPENED,
    ARBITRAGE_CLOSED,
    ARBITRAGE_SUSPECT, /* closed with a peak above suspect.bps */
    ARBITRAGE_COUNTERS
};

struct arbitrage_state {
    const struct rules *rules;
    int32_t partition;
    struct board *board;
};

extern const struct fold_ops arbitrage_fold;

#endif
