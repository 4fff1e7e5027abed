/**
 * The candle fold once more, as simple as it can be said: every value is computed anew from all
 * accepted trades, in plain 128-bit numbers, and every window that ever was is looked at each time.
 *
 *     struct candle_model m;
 *     candle_model_init(&m, &script.options, "seed 7");
 *     size_t before = h.n_said;
 *     fold_harness_apply(&h, &script.items[i].record);
 *     candle_model_check(&m, &script.items[i], &h, before);   // fails the test where they differ
 *     candle_model_finish(&m);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_CANDLE_MODEL_H
#define CANDLEWICK_CANDLE_MODEL_H

#include "candle_script.h"
#include "fold_harness.h"

struct candle_model {
    const struct candle_options *options;
    const char *label; /* in front of every complaint */
    struct model_market *markets;
    size_t n_markets;
    struct model_series *series;
    size_t n_series;
    struct model_trade *trades; /* accepted ones */
    size_t n_trades;
    struct model_window *windows; /* every one that ever was */
    size_t n_windows;
    size_t n_written; /* candles seen, and among them revisions */
    size_t n_revised;
    size_t n_refused;
};

void candle_model_init(struct candle_model *m, const struct candle_options *options,
                       const char *label);
void candle_model_finish(struct candle_model *m);

/* What the harness has said since it had said `before` things must be what the item calls for. */
void candle_model_check(struct candle_model *m, const struct candle_script_item *item,
                        const struct fold_harness *h, size_t before);

#endif
