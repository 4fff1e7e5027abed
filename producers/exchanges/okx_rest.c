/* Facts: OKX API guide v5, "Get instruments" (copies of July 2026), and a recorded list; checked
 * 2026-11-21. */
#include "okx.h"

#include "listing.h"

static const char WHAT[] = "okx: instruments";

int okx_instruments_request(struct http_request *ret, struct err *e)
{
    return listing_request("/api/v5/public/instruments?instType=SPOT", 1, ret, e);
}

static enum instrument_status status_of(const char *word)
{
    static const char *const halted[] = {"suspend", "preopen", "test", NULL};
    if (strcmp(word, "live") == 0)
        return INSTRUMENT_STATUS_TRADING;
    for (const char *const *h = halted; *h; h++)
        if (strcmp(word, *h) == 0)
            return INSTRUMENT_STATUS_HALTED;
    return INSTRUMENT_STATUS_UNKNOWN;
}

/* {"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1",
 *  "lotSz":"0.00000001","state":"live",…}; a step that is not known yet is "". */
static int parse_instrument(const char *key, const json_t *o, struct instrument_info *ret,
                            struct err *e)
{
    (void)key;
    const char *type = listing_text(WHAT, o, "instType", e);
    const char *native = type ? listing_text(WHAT, o, "instId", e) : NULL;
    const char *base = native ? listing_text(WHAT, o, "baseCcy", e) : NULL;
    const char *quote = base ? listing_text(WHAT, o, "quoteCcy", e) : NULL;
    const char *state = quote ? listing_text(WHAT, o, "state", e) : NULL;
    const char *tick = state ? listing_text(WHAT, o, "tickSz", e) : NULL;
    const char *lot = tick ? listing_text(WHAT, o, "lotSz", e) : NULL;
    if (!lot)
        return -1;
    if (strcmp(type, "SPOT") != 0) /* other types come under the same names as none of ours */
        return LISTING_OTHERS;
    if (!listing_name(ret, native, base, quote))
        return LISTING_UNFIT;
    ret->status = status_of(state);
    if (listing_step(WHAT, "tickSz", *tick ? tick : NULL, &ret->has_tick_size, &ret->tick_size,
                     e) != 0 ||
        listing_step(WHAT, "lotSz", *lot ? lot : NULL, &ret->has_lot_size, &ret->lot_size, e) != 0)
        return -1;
    return LISTING_PAIR;
}

/* {"code":"0","msg":"","data":[…]}; any other code is a refusal, told with HTTP 200 too. */
static int parse_answer(const json_t *root, instrument_fn fn, void *ctx, struct err *e)
{
    const char *code = json_string_value(json_object_get(root, "code"));
    const char *msg = json_string_value(json_object_get(root, "msg"));
    const json_t *data = json_object_get(root, "data");
    if (!code)
        return err_set(e, ERR_PROTO, "%s without code", WHAT);
    if (strcmp(code, "0") != 0)
        return err_set(e, ERR_PROTO, "%s: refused: %.20s %.150s", WHAT, code, msg ? msg : "");
    if (!json_is_array(data))
        return err_set(e, ERR_PROTO, "%s without data", WHAT);
    return listing_each(data, parse_instrument, fn, ctx, e);
}

int okx_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e)
{
    return listing_parse(WHAT, body, parse_answer, fn, ctx, e);
}
