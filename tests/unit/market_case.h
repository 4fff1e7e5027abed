/**
 * A simulated market to look at, event by event.
 *
 *     struct market_case w = market_case_open(20, &market_case_plain, MARKET_CASE_START_US);
 *     struct market_trade t = market_case_trade(&w);
 *     market_case_close(&w);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_MARKET_CASE_H
#define CANDLEWICK_MARKET_CASE_H

#include "market.h"

#define MARKET_CASE_START_US INT64_C(1795000000000000)

enum { MARKET_CASE_SYMBOLS = 20 };

struct market_case {
    struct listing *listing;
    struct market *market;
};

/* 1,000 trades and 2,000 quotes a second of Binance, times on whole milliseconds. */
extern const struct market_config market_case_plain;

struct market_case market_case_open(uint32_t symbols, const struct market_config *config,
                                    int64_t start_us);
void market_case_close(struct market_case *w);

struct market_event market_case_event(struct market_case *w);

/* The next trade, whatever comes before it. */
struct market_trade market_case_trade(struct market_case *w);

/* Fail the test where a value differs. */
void assert_same_trade(const struct market_trade *x, const struct market_trade *y);
void assert_same_quote(const struct market_quote *x, const struct market_quote *y);

#endif
