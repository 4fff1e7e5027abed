/**
 * Trades and ticks for tests of the candle fold, and its candles as short texts.
 *
 *     static const struct candle_step steps[] = {
 *         {TRADE, BTC, MS(1000), MS(1100), "BTC[0] provisional n=1"},
 *         {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"}};
 *     candle_case_run("closes", &candle_case_defaults, steps, 2);
 *
 * Times are relative to CANDLE_CASE_T0, a full minute; [0] is the window that begins there.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_CANDLE_CASE_H
#define CANDLEWICK_CANDLE_CASE_H

#include "candle.h"
#include "fold_harness.h"
#include "timefmt.h"

#define CANDLE_CASE_T0 (INT64_C(1767571200) * US_PER_S) /* 2026-01-05T00:00:00Z, a Monday */
#define MS(ms) (INT64_C(ms) * US_PER_MS)

enum { CANDLE_CASE_PARTITION = 3 };

/* As the program's options are by default (a test holds them together). */
extern const struct candle_options candle_case_defaults;

enum candle_step_kind { TRADE, REPAIR, TICK };
enum candle_step_series { BTC, ETH, KRAKEN }; /* two of binance, one of kraken */

struct candle_step {
    enum candle_step_kind kind;
    enum candle_step_series series;
    int64_t exchange_us; /* unused in a tick */
    int64_t receive_us;
    const char *said; /* what comes of it, in order, "; " in between; "" for nothing */
};

/* A trade of 1 at 100, bought, id "1", no sequence, received at once. The text is borrowed. */
struct record candle_case_trade(const char *exchange, const char *symbol, int64_t exchange_us);
struct record candle_case_tick(const char *exchange, int64_t receive_us);

/* A decimal from text that must be one. */
struct decimal candle_case_num(const char *text);

/* "BTC[0] final 2 late n=3", "BTC[0] provisional n=1" or "refused: …", appended. */
void candle_case_describe(const struct fold_harness *h, size_t i, struct strbuf *out);

/* "open high low close v=volume q=quote_volume b=buy_volume n=trades vwap=vwap first..last",
 * appended. */
void candle_case_values(const struct candle *c, struct strbuf *out);

/* The steps and what they must say: once as they stand, once with the state closed and reopened
 * behind every one of them. */
void candle_case_run(const char *name, const struct candle_options *options,
                     const struct candle_step *steps, size_t n);

#endif
