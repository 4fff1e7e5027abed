/**
 * The candle fold: trades and ticks in, candles out.
 *
 *     int main(int argc, char **argv) { return fold_main(argc, argv, &candle_fold); }
 *
 * An exchange's windows are closed by its own stream time, the largest receive time seen in its
 * trades and ticks, and by nothing else. Provisional records come at most once per window and
 * second of stream time; the final one at close + grace; after that each change is a new revision
 * with its reason, until the window leaves the state and later trades are refused.
 * Threads: a state is used by one thread at a time.
 */
#ifndef CANDLEWICK_CANDLE_H
#define CANDLEWICK_CANDLE_H

#include "book.h"
#include "fold.h"

struct candle_options {
    int64_t grace_ms;
    int64_t keep_ms;
    int64_t max_windows; /* per partition */
};

enum candle_counter {
    CANDLE_TRADES,   /* trades folded */
    CANDLE_FINALS,   /* windows closed */
    CANDLE_REVISED,  /* revisions after the first */
    CANDLE_LATE,     /* trades for a closed window that was still there */
    CANDLE_TOO_LATE, /* trades refused: their window is no longer in the state */
    CANDLE_AHEAD,    /* trades dated too far ahead, placed by receive time */
    CANDLE_COUNTERS
};

struct candle_state {
    const struct candle_options *options;
    int32_t partition;
    struct book *book;
};

extern const struct fold_ops candle_fold;

/* --- parts of the fold, for each other and for tests --- */

/* Writes the window's record: provisional, final or a revision, as the window stands. */
int candle_write(const struct candle_state *s, struct window *w, int interval,
                 const struct fold_sink *sink, struct err *e) MUST_CHECK;

int candle_image(const void *state, struct strbuf *out, struct err *e) MUST_CHECK;
int candle_restore(void *state, struct slice image, struct err *e) MUST_CHECK;

#endif
