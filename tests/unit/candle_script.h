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

enum { SCRIPT_ID_MAX = 24, SCRIPT_EXCHANGES = 3, SCRIPT_SYMBOLS = 4 };

/* What the script holds of all that can happen. */
enum candle_script_style {
    SCRIPT_WILD,  /* late, ahead, repaired, out of order, jumps of time, other records, small limits
                   */
    SCRIPT_TIMELY /* trades and ticks in order of receive time, trades at most 1 s old */
};

struct candle_script_item {
    struct record record; /* its trade id is the text below */
    int64_t price_e12;    /* of a trade: the numbers the decimals were made from */
    int64_t amount_e12;
    char id[SCRIPT_ID_MAX];
};

struct candle_script {
    struct candle_options options;
    struct candle_script_item *items; /* not to be moved: records point into them */
    size_t n;
};

/* The next number of a sequence (splitmix64), any or below n. */
uint64_t candle_script_random(uint64_t *state);
uint64_t candle_script_below(uint64_t *state, uint64_t n);

/* At most n records and, behind them, the ticks that close every window. */
void candle_script_make(struct candle_script *s, uint64_t seed, size_t n,
                        enum candle_script_style style);
void candle_script_finish(struct candle_script *s);

#endif
