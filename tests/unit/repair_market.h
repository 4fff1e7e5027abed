/**
 * An exchange in memory, for tests of repair: what it traded, and what of it its history tells.
 *
 *     struct repair_market m = {.lag_us = 500000, .page = 4};
 *     market_trade(&m, symbol, now_us, lacks);                // the next id of a symbol
 *     market_entry(&m, symbol, id, origin, now_us, text, &entry);
 *     verdict = market_page(&m, symbol, &query, now_us, ids, &n);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_REPAIR_MARKET_H
#define CANDLEWICK_REPAIR_MARKET_H

#include "entry.h"

enum {
    MARKET_SYMBOLS = 6,
    MARKET_IDS = 160, /* ids are 1 to this - 1 */
    MARKET_PAGE_MAX = 16,
    MARKET_ID_TEXT = 24,
};

struct repair_market {
    int64_t lag_us; /* a trade is in the history so long after it happened */
    size_t page;    /* trades of one answer at most */
    int64_t newest[MARKET_SYMBOLS];
    int64_t at_us[MARKET_SYMBOLS][MARKET_IDS];
    bool lacks[MARKET_SYMBOLS][MARKET_IDS]; /* the history never has it */
};

/* False: there are no more ids. lacks: its history will not have it. */
bool market_trade(struct repair_market *m, uint32_t symbol, int64_t now_us, bool lacks);

/* The trade as it arrives; its text lies in text. */
void market_entry(const struct repair_market *m, uint32_t symbol, int64_t id,
                  enum trade_origin origin, int64_t receive_us, char text[MARKET_ID_TEXT],
                  struct entry *ret);

/* A page of history: the ids that the answer has; *q moves on. */
enum history_verdict market_page(const struct repair_market *m, uint32_t symbol,
                                 struct history_query *q, int64_t now_us,
                                 int64_t ret_ids[MARKET_PAGE_MAX], size_t *ret_n);

/* Whether *t is that trade. */
bool market_is_trade(const struct repair_market *m, uint32_t symbol, const struct trade *t);

#endif
