/* Facts: docs.kraken.com, "Get Tradable Asset Pairs" (copies of May 2026), and a recorded list;
 * checked 2026-11-21. */
#include "kraken.h"

#include "listing.h"

#include <stdio.h>

static const char WHAT[] = "kraken: AssetPairs";

int kraken_instruments_request(struct http_request *ret, struct err *e)
{
    return listing_request("/0/public/AssetPairs", 1, ret, e);
}

/* A list of 2021 has no status. With limit_only and reduce_only orders are still matched. */
static enum instrument_status status_of(const char *word)
{
    static const struct {
        const char *word;
        enum instrument_status status;
    } words[] = {
        {"online", INSTRUMENT_STATUS_TRADING},          {"limit_only", INSTRUMENT_STATUS_TRADING},
        {"reduce_only", INSTRUMENT_STATUS_TRADING},     {"cancel_only", INSTRUMENT_STATUS_HALTED},
        {"post_only", INSTRUMENT_STATUS_HALTED},        {"maintenance", INSTRUMENT_STATUS_HALTED},
        {"work_in_progress", INSTRUMENT_STATUS_HALTED}, {"delisted", INSTRUMENT_STATUS_DELISTED},
    };
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].status;
    return INSTRUMENT_STATUS_UNKNOWN;
}

/* REST has old codes where v2 and everybody else have the usual ones. */
static const char *modern(const char *asset)
{
    if (strcmp(asset, "XBT") == 0)
        return "BTC";
    return strcmp(asset, "XDG") == 0 ? "DOGE" : asset;
}

/* "XBT/USD": its v2 name is BTC/USD. */
static bool name(struct instrument_info *in, const char *wsname)
{
    char base[EXCHANGE_ASSET_MAX + 1];
    char native[2 * EXCHANGE_ASSET_MAX + 2];
    const char *slash = strchr(wsname, '/');
    if (!slash || (size_t)(slash - wsname) >= sizeof(base) ||
        strlen(slash + 1) > EXCHANGE_ASSET_MAX)
        return false;
    (void)snprintf(base, sizeof(base), "%.*s", (int)(slash - wsname), wsname);
    (void)snprintf(native, sizeof(native), "%s/%s", modern(base), modern(slash + 1));
    return listing_name(in, native, modern(base), modern(slash + 1));
}

/* 10^-decimals; a list of 2021 says no more about the steps. */
static int step_of_decimals(const json_t *o, const char *key, bool *ret_has, struct decimal *ret,
                            struct err *e)
{
    char text[32];
    const json_t *n = json_object_get(o, key);
    if (!json_is_integer(n))
        return err_set(e, ERR_PROTO, "%s: a pair without %s", WHAT, key);
    (void)snprintf(text, sizeof(text), "1e%lld", -(long long)json_integer_value(n));
    return listing_step(WHAT, key, text, ret_has, ret, e);
}

static int tick_size(const json_t *o, struct instrument_info *in, struct err *e)
{
    const char *text = json_string_value(json_object_get(o, "tick_size"));
    return text ? listing_step(WHAT, "tick_size", text, &in->has_tick_size, &in->tick_size, e)
                : step_of_decimals(o, "pair_decimals", &in->has_tick_size, &in->tick_size, e);
}

static bool is_dark_pool(const char *key)
{
    size_t len = strlen(key);
    return len > 2 && strcmp(key + len - 2, ".d") == 0;
}

/* "XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,
 *  "tick_size":"0.1","status":"online",…}. Dark pools are on no public stream. */
static int parse_pair(const char *key, const json_t *o, struct instrument_info *ret, struct err *e)
{
    if (is_dark_pool(key))
        return LISTING_OTHERS;
    const char *wsname = listing_text(WHAT, o, "wsname", e);
    if (!wsname)
        return -1;
    if (!name(ret, wsname) || strlen(key) > EXCHANGE_SYMBOL_MAX)
        return LISTING_UNFIT;
    (void)snprintf(ret->rest, sizeof(ret->rest), "%s", key);
    ret->status = status_of(json_string_value(json_object_get(o, "status")));
    if (tick_size(o, ret, e) != 0 ||
        step_of_decimals(o, "lot_decimals", &ret->has_lot_size, &ret->lot_size, e) != 0)
        return -1;
    return LISTING_PAIR;
}

/* {"error":[],"result":{…}}; errors come with HTTP 200. */
static int parse_answer(const json_t *root, instrument_fn fn, void *ctx, struct err *e)
{
    const json_t *errors = json_object_get(root, "error");
    const json_t *result = json_object_get(root, "result");
    if (!json_is_array(errors))
        return err_set(e, ERR_PROTO, "%s without error", WHAT);
    const char *why = json_string_value(json_array_get(errors, 0));
    if (json_array_size(errors) > 0)
        return err_set(e, ERR_PROTO, "%s: refused: %.150s", WHAT, why ? why : "");
    if (!json_is_object(result))
        return err_set(e, ERR_PROTO, "%s without result", WHAT);
    return listing_each(result, parse_pair, fn, ctx, e);
}

int kraken_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e)
{
    return listing_parse(WHAT, body, parse_answer, fn, ctx, e);
}
