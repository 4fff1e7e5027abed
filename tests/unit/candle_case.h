/**
 * Trades, ticks and feed records for tests of the candle fold, and its candles as short texts.
 *
 *     static const struct candle_step steps[] = {
 *         {TRADE, BTC, MS(1000), MS(1100), "BTC[0] provisional n=1"},
 *         {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"}};
 *     candle_case_run("closes", &candle_case_minutes, steps, 2);
 *
 * Times are relative to CANDLE_CASE_T0, midnight before a Monday; [0] is the window that begins
 * there. The fold and its model must both say it, in any order of the windows.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_CANDLE_CASE_H
#define CANDLEWICK_CANDLE_CASE_H

#include "candle.h"
#include "fold_harness.h"
#include "timefmt.h"

#define CANDLE_CASE_T0 (INT64_C(1767571200) * US_PER_S) /* 2026-01-05T00:00:00Z, a Monday */
#define MS(ms) (INT64_C(ms) * US_PER_MS)
#define ABSENT INT64_MIN /* in place of a time */

enum { CANDLE_CASE_PARTITION = 3 };

/* As the program's options are by default (a test holds them together). */
extern const struct candle_options candle_case_defaults;

/* For rows about minutes: no other interval, and no window outlives the minute that each is kept.
 */
extern const struct candle_options candle_case_minutes;

/* For rows about what is missing: minutes alone too, held as long as by default. */
extern const struct candle_options candle_case_held;

enum candle_step_kind {
    TRADE,
    REPAIR, /* a trade that came by repair */
    TICK,
    SILENCE, /* a tick, and none between the last one and it */
    DEAD,    /* a tick that says alive: false */
    SUBSCRIBED,
    LOST,
    GAP,
    REPAIRED,
    GIVEN_UP
};
enum candle_step_series { BTC, ETH, KRAKEN }; /* two of binance, one of kraken */

struct candle_step {
    enum candle_step_kind kind;
    enum candle_step_series series; /* of a tick: its exchange */
    int64_t exchange_us;            /* of a feed record: from_time, or ABSENT; unused in a tick */
    int64_t receive_us;
    /* What comes of it, in any order, "; " in between; "" for nothing. Of a refusal's reason a part
     * is enough. */
    const char *said;
    int64_t id;    /* sequence of a trade, first_id of a feed record; 0: none */
    int64_t to_us; /* to_time of a feed record; 0: none */
};

/* A trade of 1 at 100, bought, id "1", no sequence, received at once. The text is borrowed. */
struct record candle_case_trade(const char *exchange, const char *symbol, int64_t exchange_us);
struct record candle_case_tick(const char *exchange, int64_t receive_us); /* alive */

/* A decimal from text that must be one. */
struct decimal candle_case_num(const char *text);

/* "BTC[0] final 2 late n=3", "BTC[0] provisional n=1" or "refused: …", appended. Intervals other
 * than 1m are named, coverage other than unknown too, and how many are missing: "BTC[1] 5m final 1
 * gap 3 n=0". */
void candle_case_describe(const struct fold_harness *h, size_t i, struct strbuf *out);

/* "open high low close v=volume q=quote_volume b=buy_volume n=trades vwap=vwap first..last",
 * appended. */
void candle_case_values(const struct candle *c, struct strbuf *out);

/* The steps and what they must say: by the fold, by the fold with its state closed and reopened
 * behind every one of them, and by the model. Between steps each exchange ticks every 3 s, so that
 * no time is lost; what comes of that belongs to the next step. */
void candle_case_run(const char *name, const struct candle_options *options,
                     const struct candle_step *steps, size_t n);

/* The same with no ticks but those of the steps. */
void candle_case_run_bare(const char *name, const struct candle_options *options,
                          const struct candle_step *steps, size_t n);

/* The steps of a case, written in the test itself; the case has the test's name. */
#define CANDLE_CASE_STEPS(...)                                                                     \
    (const struct candle_step[])                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define CANDLE_CASE_N(...) (sizeof(CANDLE_CASE_STEPS(__VA_ARGS__)) / sizeof(struct candle_step))
#define CANDLE_CASE_RUN(options, ...)                                                              \
    candle_case_run(__func__, options, CANDLE_CASE_STEPS(__VA_ARGS__), CANDLE_CASE_N(__VA_ARGS__))
#define CANDLE_CASE_RUN_BARE(options, ...)                                                         \
    candle_case_run_bare(__func__, options, CANDLE_CASE_STEPS(__VA_ARGS__),                        \
                         CANDLE_CASE_N(__VA_ARGS__))

#endif
