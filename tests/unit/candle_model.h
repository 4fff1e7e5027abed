/**
 * The candle fold once more, as simple as docs/CANDLES.md can be said: every value and the coverage
 * of every window is found anew from all that was accepted, and every window of every interval is
 * looked at behind each record.
 *
 *     fold_harness_init(&h, &candle_model_fold, &options, partition);
 *     fold_harness_apply(&h, &record);
 *
 * It takes the options of candle_fold and says and counts what that must say and count, in some
 * order of the windows. It has no image, and room for what tests need.
 * Threads: one at a time per state.
 */
#ifndef CANDLEWICK_CANDLE_MODEL_H
#define CANDLEWICK_CANDLE_MODEL_H

#include "fold.h"

extern const struct fold_ops candle_model_fold;

#endif
