#include "tap_lineage.h"

#include "key.h"

#include <stdio.h>

enum { ID_MAX = RECORD_TEXT_MAX };

/* A trade dated further ahead of its receive time than this is placed by that. */
static const int64_t AHEAD_MAX_US = 5 * US_PER_S;

/* --- keys ------------------------------------------------------------------------------------- */

/* Takes the part before the next '|' off; the last part is what is left. */
static struct slice next_part(struct slice *rest)
{
    const char *at = rest->len ? memchr(rest->data, '|', rest->len) : NULL;
    struct slice part = *rest;
    if (!at) {
        *rest = slice_make(NULL, 0);
        return part;
    }
    part.len = (size_t)(at - rest->data);
    *rest = slice_make(at + 1, rest->len - part.len - 1);
    return part;
}

int lineage_parse(const char *text, struct lineage_key *ret, struct err *e)
{
    struct slice rest = slice_of(text);
    struct slice exchange = next_part(&rest);
    struct slice symbol = next_part(&rest);
    struct slice time = next_part(&rest);
    const char *dash = symbol.len ? memchr(symbol.data, '-', symbol.len) : NULL;
    int64_t open_us;
    char opens[TIME_TEXT];
    if (!key_is_part(exchange, KEY_EXCHANGE_MAX) || !key_is_part(symbol, KEY_SYMBOL_MAX) || !dash ||
        dash == symbol.data || time.len == 0 || rest.data)
        return err_set(e, ERR_CONF,
                       "--lineage: \"%.100s\" is not exchange|symbol|open_time, such as "
                       "binance|BTC-USDT|2026-01-02T03:04:00Z",
                       text);
    if (time_parse(time, &open_us, e) != 0) {
        e->code = ERR_CONF;
        return err_prefix(e, "--lineage");
    }
    (void)time_format(open_us, opens);
    (void)snprintf(ret->text, sizeof(ret->text), "%.*s|%.*s|%s", SLICE_ARG(exchange),
                   SLICE_ARG(symbol), opens);
    (void)snprintf(ret->base, sizeof(ret->base), "%.*s", (int)(dash - symbol.data), symbol.data);
    return 0;
}

/* --- trades ----------------------------------------------------------------------------------- */

static int64_t placed_us(const struct trade *t)
{
    bool ahead = t->exchange_time_us - t->receive_time_us > AHEAD_MAX_US;
    return ahead ? t->receive_time_us : t->exchange_time_us;
}

bool lineage_holds(const struct candle *c, const struct trade *t)
{
    int64_t at_us = placed_us(t);
    return at_us >= c->open_time_us && at_us < c->close_time_us &&
           slice_eq(c->exchange, t->exchange) && slice_eq(c->symbol, t->symbol);
}

/* By placed time, sequence or 0, id: shorter first, then bytes. */
static int order(const struct lineage_end *x, const struct lineage_end *y)
{
    if (x->placed_us != y->placed_us)
        return x->placed_us < y->placed_us ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    if (x->id.len != y->id.len)
        return x->id.len < y->id.len ? -1 : 1;
    return slice_cmp(strbuf_slice(&x->id), strbuf_slice(&y->id));
}

static int set_end(struct lineage_end *end, const struct lineage_end *from, struct err *e)
{
    struct strbuf id = end->id;
    id.limit = ID_MAX;
    strbuf_reset(&id);
    int r = strbuf_add(&id, from->id.data, from->id.len);
    *end = *from;
    end->id = id;
    return r == 0 ? 0 : strbuf_full(&id, "a trade's id", e);
}

int lineage_add(struct lineage *l, const struct trade *t, struct err *e)
{
    /* the id is borrowed: only read, and copied where it is kept */
    const struct lineage_end here = {
        placed_us(t),
        t->has_sequence ? t->sequence : 0,
        t->price,
        {.data = (char *)(uintptr_t)t->trade_id.data, .len = t->trade_id.len}};
    bool none = l->trades == 0;
    if (decimal_add(l->volume, t->amount, &l->volume) != 0)
        return err_set(e, ERR_LIMIT, "the amounts add up to more than a decimal holds");
    if (none || decimal_cmp(t->price, l->high) > 0)
        l->high = t->price;
    if (none || decimal_cmp(t->price, l->low) < 0)
        l->low = t->price;
    if ((none || order(&here, &l->first) < 0) && set_end(&l->first, &here, e) != 0)
        return -1;
    if ((none || order(&here, &l->last) > 0) && set_end(&l->last, &here, e) != 0)
        return -1;
    l->trades++;
    return 0;
}

void lineage_finish(struct lineage *l)
{
    strbuf_finish(&l->first.id);
    strbuf_finish(&l->last.id);
}

/* --- agreement -------------------------------------------------------------------------------- */

static bool same_price(bool has, struct decimal said, struct decimal found, int64_t trades)
{
    return has == (trades > 0) && (!has || decimal_cmp(said, found) == 0);
}

static bool same_id(bool has, struct slice said, const struct lineage_end *end)
{
    return slice_eq(has ? said : slice_make(NULL, 0), strbuf_slice(&end->id));
}

int lineage_agrees(const struct lineage *l, const struct candle *c, struct err *e)
{
    const struct {
        const char *name;
        bool same;
    } parts[] = {
        {"trades", l->trades == c->trades},
        {"volume", decimal_cmp(l->volume, c->volume) == 0},
        {"open", same_price(c->has_open, c->open, l->first.price, l->trades)},
        {"high", same_price(c->has_high, c->high, l->high, l->trades)},
        {"low", same_price(c->has_low, c->low, l->low, l->trades)},
        {"close", same_price(c->has_close, c->close, l->last.price, l->trades)},
        {"first_trade_id", same_id(c->has_first_trade_id, c->first_trade_id, &l->first)},
        {"last_trade_id", same_id(c->has_last_trade_id, c->last_trade_id, &l->last)},
    };
    char names[120] = "";
    size_t len = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!parts[i].same)
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
                                    parts[i].name);
    if (len == 0)
        return 0;
    return err_set(e, ERR_STATE,
                   "the %lld trades found between its offsets do not make this candle of %lld: "
                   "other %s",
                   (long long)l->trades, (long long)c->trades, names);
}
