/**
 * The candle fold: trades, ticks and feed records in, candles out. What it promises is told in
 * docs/CANDLES.md.
 *
 *     int main(int argc, char **argv) { return fold_main(argc, argv, &candle_fold); }
 *
 * Threads: a state is used by one thread at a time.
 */
#ifndef CANDLEWICK_CANDLE_H
#define CANDLEWICK_CANDLE_H

#include "book.h"
#include "fold.h"

struct candle_options {
    char *intervals; /* as interval_parse() reads them */
    int64_t grace_ms;
    int64_t keep_ms;
    int64_t hold_ms;
    int64_t max_windows; /* per partition */
};

enum candle_counter {
    CANDLE_TRADES,     /* trades folded */
    CANDLE_DUPLICATES, /* trades whose id was seen before */
    CANDLE_FINALS,     /* windows closed, with a record */
    CANDLE_REVISED,    /* revisions after the first */
    CANDLE_LATE,       /* trades for a closed 1m window that was still there */
    CANDLE_TOO_LATE,   /* trades refused: their 1m window is no longer in the state */
    CANDLE_AHEAD,      /* trades dated too far ahead, placed by receive time */
    CANDLE_SKIPPED,    /* 1s windows that a trade came too late for */
    CANDLE_DROPPED,    /* windows dropped at the limit */
    CANDLE_UNMADE,     /* windows without a trade for which there was no room */
    CANDLE_COUNTERS
};

struct candle_state {
    const struct candle_options *options;
    int32_t partition;
    bool folds[INTERVALS]; /* which intervals */
    int shortest;          /* of them */
    struct book *book;
};

extern const struct fold_ops candle_fold;

#endif
