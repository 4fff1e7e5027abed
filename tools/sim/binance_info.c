#include "binance_rest.h"

#include "e8.h"

#include <inttypes.h>
#include <jansson.h>

#define AMOUNT_MAX "90000000000.00000000"

/* --- which symbols --------------------------------------------------------------------------- */

struct selection {
    bool *shown; /* per symbol */
    const struct listing *listing;
};

static void show_all(struct selection *sel, bool trading, bool delisted)
{
    for (uint32_t i = 0; i < sel->listing->n_symbols; i++)
        sel->shown[i] = !sel->listing->symbols[i].hidden &&
                        (sel->listing->symbols[i].trading ? trading : delisted);
}

static int show_list(const struct binance_call *c, struct selection *sel, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *name = json_array_get(names, i);
        uint32_t symbol;
        if (!json_is_string(name) ||
            !listing_find(sel->listing,
                          slice_make(json_string_value(name), json_string_length(name)), &symbol))
            return binance_refuse(c, 400, -1121, "Invalid symbol.");
        sel->shown[symbol] = true;
    }
    return 0;
}

static int select_listed(const struct binance_call *c, struct selection *sel, struct slice symbols)
{
    json_t *names = json_loadb(symbols.data ? symbols.data : "", symbols.len, 0, NULL);
    int r = json_is_array(names)
                ? show_list(c, sel, names)
                : binance_refuse(c, 400, -1100, "Illegal characters found in a parameter.");
    json_decref(names);
    return r;
}

static int select_status(const struct binance_call *c, struct selection *sel, struct slice status)
{
    bool trading = slice_is(status, "TRADING");
    bool delisted = slice_is(status, "BREAK");
    if (!trading && !delisted && !slice_is(status, "HALT"))
        return binance_refuse(c, 400, -1122, "Invalid symbolStatus.");
    show_all(sel, trading, delisted);
    return 0;
}

/* Every symbol here has the permission SPOT and no other. */
static bool has_spot(struct slice permissions)
{
    return slice_is(permissions, "SPOT") ||
           (permissions.len > 0 && memmem(permissions.data, permissions.len, "\"SPOT\"", 6));
}

static int select_symbols(const struct binance_call *c, struct selection *sel)
{
    struct slice value;
    uint32_t symbol = 0;
    int r = 0;
    bool one = binance_param(c, "symbol", &value);
    if (one) {
        r = binance_symbol(c, &symbol);
        if (r == 0)
            sel->shown[symbol] = true;
    } else if (binance_param(c, "symbols", &value)) {
        r = select_listed(c, sel, value);
    } else if (binance_param(c, "symbolStatus", &value)) {
        r = select_status(c, sel, value);
    } else {
        show_all(sel, true, true);
    }
    if (r == 0 && binance_param(c, "permissions", &value) && !has_spot(value))
        show_all(sel, false, false);
    return r;
}

/* --- one symbol ------------------------------------------------------------------------------ */

static int add_filters(struct strbuf *b, const struct symbol *s)
{
    char tick[E8_TEXT];
    char lot[E8_TEXT];
    e8_format(s->tick_e8, tick);
    e8_format(s->lot_e8, lot);
    return strbuf_addf(
        b,
        "\"filters\":["
        "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"%s\",\"maxPrice\":\"1000000.00000000\","
        "\"tickSize\":\"%s\"},"
        "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"%s\",\"maxQty\":\"" AMOUNT_MAX "\","
        "\"stepSize\":\"%s\"},"
        "{\"filterType\":\"ICEBERG_PARTS\",\"limit\":10},"
        "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.00000000\",\"maxQty\":\"" AMOUNT_MAX
        "\",\"stepSize\":\"0.00000000\"},"
        "{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":200},"
        "{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"maxNumAlgoOrders\":5}]",
        tick, tick, lot, lot);
}

static int add_symbol(struct strbuf *b, const struct listing *l, const struct symbol *s,
                      bool permission_sets)
{
    if (strbuf_addf(b,
                    "{\"symbol\":\"%s\",\"status\":\"%s\",\"baseAsset\":\"%s\","
                    "\"baseAssetPrecision\":8,\"quoteAsset\":\"%s\",\"quotePrecision\":8,"
                    "\"quoteAssetPrecision\":8,\"baseCommissionPrecision\":8,"
                    "\"quoteCommissionPrecision\":8,",
                    s->native, s->trading ? "TRADING" : "BREAK", l->assets[s->base].name,
                    l->assets[s->quote].name) != 0 ||
        strbuf_adds(b, "\"orderTypes\":[\"LIMIT\",\"LIMIT_MAKER\",\"MARKET\",\"STOP_LOSS\","
                       "\"STOP_LOSS_LIMIT\",\"TAKE_PROFIT\",\"TAKE_PROFIT_LIMIT\"],"
                       "\"icebergAllowed\":true,\"ocoAllowed\":true,\"otoAllowed\":true,"
                       "\"opoAllowed\":true,\"quoteOrderQtyMarketAllowed\":true,"
                       "\"allowTrailingStop\":true,\"cancelReplaceAllowed\":true,"
                       "\"amendAllowed\":true,\"pegInstructionsAllowed\":true,") != 0 ||
        strbuf_addf(b, "\"isSpotTradingAllowed\":%s,\"isMarginTradingAllowed\":false,",
                    s->trading ? "true" : "false") != 0 ||
        add_filters(b, s) != 0)
        return -1;
    return strbuf_addf(b,
                       ",\"permissions\":[],\"permissionSets\":%s,"
                       "\"defaultSelfTradePreventionMode\":\"EXPIRE_MAKER\","
                       "\"allowedSelfTradePreventionModes\":[\"EXPIRE_TAKER\",\"EXPIRE_MAKER\","
                       "\"EXPIRE_BOTH\"]}",
                       permission_sets ? "[[\"SPOT\"]]" : "[]");
}

/* --- the whole ------------------------------------------------------------------------------- */

static int add_head(const struct binance_call *c)
{
    return strbuf_addf(
        &c->ret->body,
        "{\"timezone\":\"UTC\",\"serverTime\":%" PRId64 ",\"rateLimits\":["
        "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,"
        "\"limit\":%" PRId64 "},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":100},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"DAY\",\"intervalNum\":1,\"limit\":200000},"
        "{\"rateLimitType\":\"RAW_REQUESTS\",\"interval\":\"MINUTE\",\"intervalNum\":5,"
        "\"limit\":61000}],\"exchangeFilters\":[],\"symbols\":[",
        c->req->now_us / binance_unit_us(c), c->site->budget->limit);
}

static int add_all(const struct binance_call *c, const struct selection *sel)
{
    struct strbuf *b = &c->ret->body;
    struct slice value;
    bool sets = !binance_param(c, "showPermissionSets", &value) || !slice_is(value, "false");
    const char *comma = "";
    int r = add_head(c);
    for (uint32_t i = 0; r == 0 && i < sel->listing->n_symbols; i++) {
        if (!sel->shown[i])
            continue;
        r = strbuf_adds(b, comma);
        if (r == 0)
            r = add_symbol(b, sel->listing, &sel->listing->symbols[i], sets);
        comma = ",";
    }
    return r == 0 ? strbuf_adds(b, "]}") : -1;
}

int binance_exchange_info(const struct binance_call *c)
{
    bool shown[LISTING_MAX + LISTING_DELISTED] = {false};
    struct selection sel = {shown, c->site->listing};
    int r = select_symbols(c, &sel);
    return r != 0 ? r : add_all(c, &sel);
}
