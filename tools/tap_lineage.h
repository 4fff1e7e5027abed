/**
 * From a candle to its trades, without Kafka: which trades are a candle's, and whether they are
 * all.
 *
 *     struct lineage_key key;
 *     if (lineage_parse("binance|BTC-USDT|2026-01-02T03:04:00Z", &key, &e) != 0) ...
 *     struct lineage l = {0};
 *     for (each trade between the candle's offsets)
 *         if (lineage_holds(&candle, &trade) && lineage_add(&l, &trade, &e) != 0) ...
 *     if (lineage_agrees(&l, &candle, &e) != 0) ...         // e says what is different
 *     lineage_finish(&l);
 *
 * The rules are those of docs/CANDLES.md.
 * Threads: one at a time for each struct lineage.
 */
#ifndef CANDLEWICK_TAP_LINEAGE_H
#define CANDLEWICK_TAP_LINEAGE_H

#include "record.h"
#include "timefmt.h"

enum { LINEAGE_KEY_MAX = 256 };

struct lineage_key {
    char text[LINEAGE_KEY_MAX]; /* as candles.<interval> has it */
    char base[LINEAGE_KEY_MAX]; /* the base asset, by whose hash trades and candles lie */
};

/* exchange|symbol|open_time, the time as time_parse() reads it. ERR_CONF. */
int lineage_parse(const char *text, struct lineage_key *ret, struct err *e) MUST_CHECK;

/* Whether the trade is placed in the candle's window, and of its exchange and symbol. */
bool lineage_holds(const struct candle *c, const struct trade *t);

/* One end of the window: the trade that gives open or close. */
struct lineage_end {
    int64_t placed_us;
    int64_t sequence;
    struct decimal price;
    struct strbuf id;
};

/* What the trades come to; all zero at first. */
struct lineage {
    int64_t trades;
    struct decimal volume;
    struct decimal high;
    struct decimal low;
    struct lineage_end first;
    struct lineage_end last;
};

/* ERR_LIMIT: more than a decimal holds; ERR_NOMEM. */
int lineage_add(struct lineage *l, const struct trade *t, struct err *e) MUST_CHECK;
void lineage_finish(struct lineage *l);

/* Number, volume, prices, first and last id. ERR_STATE: names what is not the candle's. */
int lineage_agrees(const struct lineage *l, const struct candle *c, struct err *e) MUST_CHECK;

#endif
