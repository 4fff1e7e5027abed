/**
 * The exchange's list of pairs, and the choice of those to follow.
 *
 *     struct instruments all = {0}, chosen = {0};
 *     x->parse_instruments(body, instruments_add, &all, &e);
 *     instruments_select(&all, "BTC-USDT,quote:EUR", INSTRUMENTS_TRADING, &chosen, &e);
 *     ...
 *     instruments_finish(&chosen);
 *     instruments_finish(&all);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_INSTRUMENTS_H
#define CANDLEWICK_INSTRUMENTS_H

#include "exchange.h"

struct instruments {
    struct instrument_info *list;
    size_t n;
    size_t cap;
};

/* instrument_fn; ctx: struct instruments *. ERR_NOMEM. */
int instruments_add(void *ctx, const struct instrument_info *in, struct err *e) MUST_CHECK;
void instruments_finish(struct instruments *i);

/* What `all` and `quote:X` take. */
enum instruments_scope {
    INSTRUMENTS_TRADING, /* pairs that trade now */
    INSTRUMENTS_LISTED,  /* every pair: a recording may be older than its last trade */
};

/* Sets *ret, in the order of all and each pair once, to what the words of spec name:
 *   BTC-USDT  BTC/USDT  btcusdt    one pair, by canonical or the exchange's own name
 *   quote:EUR                      pairs quoted in it
 *   all                            all pairs
 *   ""                             a dozen large assets in USD, USDT, USDC and EUR, as far as
 *                                  they are listed
 * ERR_CONF: a pair is unknown (with those of nearly that name), a word takes nothing, or two pairs
 * have one canonical name (both are named). ERR_NOMEM. */
int instruments_select(const struct instruments *all, const char *spec,
                       enum instruments_scope scope, struct instruments *ret,
                       struct err *e) MUST_CHECK;

/* The same of a list that was read again while `before` is followed: nothing is refused for good.
 * What a word names that is not listed any more is left out, and of pairs with one canonical name
 * all but the one of them that is followed. *why says what was left out first, with both names;
 * its code is ERR_NONE where nothing was. ERR_NOMEM. */
int instruments_select_again(const struct instruments *all, const char *spec,
                             const struct instruments *before, struct instruments *ret,
                             struct err *why, struct err *e) MUST_CHECK;

/* Whether both lists say the same of the same pairs, in any order. */
bool instruments_same(const struct instruments *a, const struct instruments *b);

/* The pair of that native name; NULL: there is none. */
const struct instrument_info *instruments_native(const struct instruments *i, const char *native);

/* Sets *ret to those pairs of spec, "USDT-USD,EUR-USD", that all has; the others are passed over,
 * since no exchange lists every one. "": none. ERR_CONF: a word is no BASE-QUOTE. ERR_NOMEM. */
int instruments_rates(const struct instruments *all, const char *spec, enum instruments_scope scope,
                      struct instruments *ret, struct err *e) MUST_CHECK;

#endif
