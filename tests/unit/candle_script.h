/**
 * Random input of the candle fold, from a seed.
 *
 *     struct candle_script s;
 *     candle_script_make(&s, seed, 200, SCRIPT_WILD);
 *     for (size_t i = 0; i < s.n; i++)
 *         fold_harness_apply(&h, &s.items[i].record);
 *     candle_script_finish(&s);
 *
 * Threads: one at a time per script.
 */
#ifndef CANDLEWICK_CANDLE_SCRIPT_H
#define CANDLEWICK_CANDLE_SCRIPT_H

#include "candle.h"

enum { SCRIPT_ID_MAX = 24, SCRIPT_EXCHANGES = 3, SCRIPT_SYMBOLS = 3 };

/* What the script holds of all that can happen. Two of the three exchanges have contiguous ids. */
enum candle_script_style {
    /* Late, ahead, repaired, twice; ids left out, swapped, filled later, below the first; dead
     * ticks, missing ticks, feed records of all kinds, jumps of time, a Sunday midnight; other
     * records; all sets of intervals, short and long holds. */
    SCRIPT_WILD,
    /* Few windows allowed, and nothing missing, so that only trades make windows. */
    SCRIPT_TIGHT,
    /* Trades in order of receive time, at most 1 s old, ids contiguous, ticks as a producer writes
     * them, and every symbol subscribed at the start. */
    SCRIPT_TIMELY
};

struct candle_script_item {
    struct record record; /* its trade id is the text below */
    char id[SCRIPT_ID_MAX];
};

struct candle_script {
    struct candle_options options;
    struct candle_script_item *items; /* not to be moved: records point into them */
    size_t n;
};

/* Which scripts a test makes: CW_TEST_SEED (1) is the first seed, CW_TEST_CASES (usual) how many.
 */
uint64_t candle_script_first_seed(void);
uint64_t candle_script_cases(uint64_t usual);

/* The next number of a sequence (splitmix64), any or below n. */
uint64_t candle_script_random(uint64_t *state);
uint64_t candle_script_below(uint64_t *state, uint64_t n);

/* n records and, behind them, ticks that close every window up to an hour. */
void candle_script_make(struct candle_script *s, uint64_t seed, size_t n,
                        enum candle_script_style style);
void candle_script_finish(struct candle_script *s);

/* Of a trade, tick or feed record; 0 and "" of others. */
int64_t candle_script_receive_us(const struct record *r);
struct slice candle_script_exchange(const struct record *r);

#endif
