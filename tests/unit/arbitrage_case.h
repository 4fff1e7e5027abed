/**
 * Quotes and ticks for tests of the arbitrage fold, and its records as short texts.
 *
 *     static const struct arbitrage_step steps[] = {
 *         {NORMAL, "kraken", 0, "", "99", "100"},
 *         {NORMAL, "okx", 0, "", "101", "102"},
 *         {TICK, "okx", 60, "opened kraken>okx"}};
 *     arbitrage_case_run("opens", &options, steps, 3);
 *
 * Exchanges binance, kraken and okx take 10 bps, free and gratis nothing, of all others no fee is
 * known. Threads: pure functions.
 */
#ifndef CANDLEWICK_ARBITRAGE_CASE_H
#define CANDLEWICK_ARBITRAGE_CASE_H

#include "arbitrage.h"
#include "fold_harness.h"

#define ARBITRAGE_CASE_T0 (INT64_C(1767571200) * 1000000) /* 2026-01-05T00:00:00Z */

enum { ARBITRAGE_CASE_PARTITION = 3 };

enum arbitrage_step_kind {
    NORMAL,
    VOID,
    ONE_SIDED,
    CROSSED,
    UNKNOWN,
    TICK,
    DEAD, /* a tick that says alive: false */
    RATE
};

struct arbitrage_step {
    enum arbitrage_step_kind kind;
    const char *exchange;
    int64_t at_ms;    /* receive time since ARBITRAGE_CASE_T0 */
    const char *said; /* what comes of it, in order, "; " in between; "" for nothing */
    const char *bid;
    const char *ask;
    const char *amount; /* of both sides; NULL: 1 */
    const char *symbol; /* NULL: BTC-USD */
    int64_t epoch;      /* counted from 1 */
};

/* The program's defaults, and the fees above. The texts in it are constants. */
void arbitrage_case_options(struct arbitrage_options *ret);

struct record arbitrage_case_record(const struct arbitrage_step *s);

/* "opened kraken>okx", "closed kraken>okx stale", "watching fees; x dead", "refused: …", appended;
 * symbols other than BTC-USD are named in front of the exchanges, "suspect" stands behind. */
void arbitrage_case_describe(const struct fold_harness *h, size_t i, struct strbuf *out);

/* The steps and what they must say: by the fold, and by the fold with its state closed and reopened
 * behind every one of them. Before them, kraken and okx tick at 0. */
void arbitrage_case_run(const char *name, const struct arbitrage_options *options,
                        const struct arbitrage_step *steps, size_t n);

/* A decimal from text that must be one. */
struct decimal arbitrage_case_num(const char *text);

#endif
