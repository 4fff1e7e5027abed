#include "repair_market.h"

#include <inttypes.h>
#include <stdio.h>

bool market_trade(struct repair_market *m, uint32_t symbol, int64_t now_us, bool lacks)
{
    if (m->newest[symbol] == MARKET_IDS - 1)
        return false;
    int64_t id = ++m->newest[symbol];
    m->at_us[symbol][id] = now_us;
    m->lacks[symbol][id] = lacks;
    return true;
}

/* Any number that no other trade has. */
static struct decimal number(uint32_t symbol, int64_t id, int64_t factor)
{
    return (struct decimal){((__int128)id * MARKET_SYMBOLS + symbol + 1) * factor};
}

static enum side side_of(uint32_t symbol, int64_t id)
{
    return (id + symbol) % 2 == 0 ? SIDE_BUY : SIDE_SELL;
}

void market_entry(const struct repair_market *m, uint32_t symbol, int64_t id,
                  enum trade_origin origin, int64_t receive_us, char text[MARKET_ID_TEXT],
                  struct entry *ret)
{
    int n = snprintf(text, MARKET_ID_TEXT, "%" PRId64, id);
    *ret = (struct entry){
        .type = ENTRY_TRADE,
        .index = symbol,
        .receive_us = receive_us,
        .other_us = m->at_us[symbol][id],
        .sequence = id,
        .price = number(symbol, id, 1000003),
        .amount = number(symbol, id, 7919),
        .side = side_of(symbol, id),
        .origin = origin,
        .text = slice_make(text, (size_t)n),
    };
}

enum history_verdict market_page(const struct repair_market *m, uint32_t symbol,
                                 struct history_query *q, int64_t now_us,
                                 int64_t ret_ids[MARKET_PAGE_MAX], size_t *ret_n)
{
    int64_t id = q->first_id > 1 ? q->first_id : 1;
    *ret_n = 0;
    for (; id <= q->last_id && id <= m->newest[symbol] && *ret_n < m->page; id++)
        if (!m->lacks[symbol][id] && m->at_us[symbol][id] + m->lag_us <= now_us)
            ret_ids[(*ret_n)++] = id;
    if (*ret_n > 0)
        q->first_id = ret_ids[*ret_n - 1] + 1;
    return *ret_n == m->page && q->first_id <= q->last_id ? HISTORY_MORE : HISTORY_DONE;
}

bool market_is_trade(const struct repair_market *m, uint32_t symbol, const struct trade *t)
{
    char text[MARKET_ID_TEXT];
    struct entry is;
    if (!t->has_sequence || t->sequence < 1 || t->sequence > m->newest[symbol])
        return false;
    market_entry(m, symbol, t->sequence, t->origin, t->receive_time_us, text, &is);
    return slice_eq(t->trade_id, is.text) && decimal_cmp(t->price, is.price) == 0 &&
           decimal_cmp(t->amount, is.amount) == 0 && t->side == is.side &&
           t->exchange_time_us == is.other_us;
}
