/* Facts: github.com/binance/binance-spot-api-docs, rest-api.md, enums.md and filters.md
 * (2026-07-21), checked 2026-11-21. */
#include "binance.h"

#include <jansson.h>
#include <stdio.h>

int binance_instruments_request(struct http_request *ret, struct err *e)
{
    (void)e;
    ret->endpoint = "rest";
    (void)snprintf(ret->path, sizeof(ret->path), "/api/v3/exchangeInfo");
    return 0;
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

static const char *need_text(const json_t *o, const char *key, struct err *e)
{
    const char *text = json_string_value(json_object_get(o, key));
    if (!text)
        (void)err_set(e, ERR_PROTO, "binance: exchangeInfo: a symbol without %s", key);
    return text;
}

/* Step sizes are strings in filters: {"filterType":"LOT_SIZE","stepSize":"0.00001000"}; a zero
 * step says that there is none. */
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
        if (!type || !text || strcmp(type, filter) != 0)
            continue;
        if (decimal_parse(slice_of(text), ret, e) != 0)
            return err_prefix(e, "binance: exchangeInfo: %s", key);
        *ret_has = ret->e18 > 0;
        return 0;
    }
    return 0;
}

/* What separates parts of our names cannot be part of an asset. */
static bool asset_fits(const char *asset)
{
    size_t len = strlen(asset);
    if (len == 0 || len > EXCHANGE_ASSET_MAX)
        return false;
    for (const unsigned char *p = (const unsigned char *)asset; *p; p++)
        if (*p <= ' ' || *p == 0x7f || strchr("-|/,:\"\\*", *p))
            return false;
    return true;
}

static bool fits(const char *native, const char *base, const char *quote)
{
    size_t len = strlen(native);
    if (len == 0 || len > EXCHANGE_SYMBOL_MAX || !asset_fits(base) || !asset_fits(quote))
        return false;
    for (const unsigned char *p = (const unsigned char *)native; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '@' || *p == '"' || *p == '\\')
            return false;
    return strlen(base) + strlen(quote) < EXCHANGE_SYMBOL_MAX;
}

/* 0: passed on; 1: left out; -1. */
static int parse_symbol(const json_t *o, instrument_fn fn, void *ctx, struct err *e)
{
    struct instrument_info in = {0};
    const char *native = need_text(o, "symbol", e);
    const char *status = native ? need_text(o, "status", e) : NULL;
    const char *base = status ? need_text(o, "baseAsset", e) : NULL;
    const char *quote = base ? need_text(o, "quoteAsset", e) : NULL;
    if (!quote)
        return -1;
    if (!fits(native, base, quote))
        return 1;
    (void)snprintf(in.native, sizeof(in.native), "%s", native);
    (void)snprintf(in.base, sizeof(in.base), "%s", base);
    (void)snprintf(in.quote, sizeof(in.quote), "%s", quote);
    (void)snprintf(in.symbol, sizeof(in.symbol), "%s-%s", base, quote);
    in.status = status_of(status);
    if (find_step(o, "PRICE_FILTER", "tickSize", &in.has_tick_size, &in.tick_size, e) != 0 ||
        find_step(o, "LOT_SIZE", "stepSize", &in.has_lot_size, &in.lot_size, e) != 0)
        return -1;
    return fn(ctx, &in, e);
}

int binance_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb(body.data ? body.data : "", body.len, 0, &why);
    if (!root)
        return err_set(e, ERR_PROTO, "binance: exchangeInfo: line %d: %s", why.line, why.text);
    const json_t *symbols = json_object_get(root, "symbols");
    int left_out = 0;
    int r =
        json_is_array(symbols) ? 0 : err_set(e, ERR_PROTO, "binance: exchangeInfo without symbols");
    for (size_t i = 0; r >= 0 && i < json_array_size(symbols); i++) {
        r = parse_symbol(json_array_get(symbols, i), fn, ctx, e);
        left_out += r == 1;
    }
    json_decref(root);
    return r < 0 ? -1 : left_out;
}
