/**
 * What the arbitrage fold goes by: its options, checked and in the units it reckons in.
 *
 *     struct rules r;
 *     if (rules_parse_bps("open.bps", "5", &r.open_bps, &e) != 0 ||
 *         rules_parse_notionals("USD=10,*=0", &r.notionals, &e) != 0) ...
 *     struct decimal least = rules_notional(&r.notionals, slice_of("BTC-USD"));
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_RULES_H
#define CANDLEWICK_RULES_H

#include "fees.h"

enum { RULES_NOTIONALS_MAX = 64 };

/* Least notional by quote asset. */
struct notionals {
    struct {
        char asset[KEY_SYMBOL_MAX + 1];
        struct decimal least;
    } items[RULES_NOTIONALS_MAX];
    size_t n;
    struct decimal other; /* of assets that are not named */
};

struct rules {
    struct fees fees;
    struct notionals notionals;
    struct decimal open_bps; /* above zero */
    int64_t open_share;      /* the same as edge_share() has it, or less */
    struct decimal close_bps;
    struct decimal suspect_bps;
    int64_t max_age_us;
    int64_t tick_max_age_us;
    int64_t min_dwell_us;
    int64_t update_us;
    int64_t max_duration_us;
    int64_t watching_us; /* 0: never */
    size_t max_symbols;
    size_t max_exchanges;
};

/* A decimal between -10000 and 1000000. ERR_CONF names the key. */
int rules_parse_bps(const char *key, const char *text, struct decimal *ret,
                    struct err *e) MUST_CHECK;

/* "USD=10,USDT=10,*=0". ERR_CONF. */
int rules_parse_notionals(const char *text, struct notionals *ret, struct err *e) MUST_CHECK;

/* Of the symbol's quote asset. */
struct decimal rules_notional(const struct notionals *n, struct slice symbol);

/* The part of the symbol behind its last '-'; empty where there is none, or nothing before it. */
struct slice rules_quote_asset(struct slice symbol);

#endif
