/* Facts: github.com/binance/binance-spot-api-docs, rest-api.md, enums.md and filters.md
 * (2026-07-21), checked 2026-11-21. */
#include "binance.h"

#include "listing.h"

static const char WHAT[] = "binance: exchangeInfo";

int binance_instruments_request(struct http_request *ret, struct err *e)
{
    return listing_request("/api/v3/exchangeInfo", 20, ret, e);
}

/* A pair in BREAK may be gone for good or back in an hour; the list does not say which. */
static enum instrument_status status_of(const char *word)
{
    static const char *const halted[] = {"HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY", NULL};
    if (strcmp(word, "TRADING") == 0)
        return INSTRUMENT_STATUS_TRADING;
    for (const char *const *h = halted; *h; h++)
        if (strcmp(word, *h) == 0)
            return INSTRUMENT_STATUS_HALTED;
    return INSTRUMENT_STATUS_UNKNOWN;
}

/* Step sizes are strings in filters: {"filterType":"LOT_SIZE","stepSize":"0.00001000"}. */
static int find_step(const json_t *symbol, const char *filter, const char *key, bool *ret_has,
                     struct decimal *ret, struct err *e)
{
    const json_t *filters = json_object_get(symbol, "filters");
    size_t i;
    const json_t *f;
    json_array_foreach(filters, i, f)
    {
        const char *type = json_string_value(json_object_get(f, "filterType"));
        const char *text = json_string_value(json_object_get(f, key));
        if (type && text && strcmp(type, filter) == 0)
            return listing_step(WHAT, key, text, ret_has, ret, e);
    }
    return 0;
}

static int parse_symbol(const char *key, const json_t *o, struct instrument_info *ret,
                        struct err *e)
{
    (void)key;
    const char *native = listing_text(WHAT, o, "symbol", e);
    const char *status = native ? listing_text(WHAT, o, "status", e) : NULL;
    const char *base = status ? listing_text(WHAT, o, "baseAsset", e) : NULL;
    const char *quote = base ? listing_text(WHAT, o, "quoteAsset", e) : NULL;
    if (!quote)
        return -1;
    if (!listing_name(ret, native, base, quote))
        return LISTING_UNFIT;
    ret->status = status_of(status);
    if (find_step(o, "PRICE_FILTER", "tickSize", &ret->has_tick_size, &ret->tick_size, e) != 0 ||
        find_step(o, "LOT_SIZE", "stepSize", &ret->has_lot_size, &ret->lot_size, e) != 0)
        return -1;
    return LISTING_PAIR;
}

static int parse_answer(const json_t *root, instrument_fn fn, void *ctx, struct err *e)
{
    const json_t *symbols = json_object_get(root, "symbols");
    if (!json_is_array(symbols))
        return err_set(e, ERR_PROTO, "%s without symbols", WHAT);
    return listing_each(symbols, parse_symbol, fn, ctx, e);
}

int binance_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e)
{
    return listing_parse(WHAT, body, parse_answer, fn, ctx, e);
}
