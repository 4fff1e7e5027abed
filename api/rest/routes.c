#include "route.h"

#include "json.h"

#define LIST_PARAMS "start", "end", "limit", "cursor"

static const char *const no_params[] = {NULL};
static const char *const candle_params[] = {"interval", "as_of", "fill", LIST_PARAMS, NULL};
static const char *const coverage_params[] = {"interval", LIST_PARAMS, NULL};
static const char *const gap_params[] = {"exchange", "symbol", "state", LIST_PARAMS, NULL};
static const char *const feed_params[] = {"exchange", "symbol", "event", LIST_PARAMS, NULL};
static const char *const trade_params[] = {LIST_PARAMS, NULL};
static const char *const quote_params[] = {"exchange", "symbol", "limit", "cursor", NULL};
static const char *const arbitrage_params[] = {"state",       "symbol",    "exchange",
                                               "min_net_bps", LIST_PARAMS, NULL};
static const char *const event_params[] = {"limit", "cursor", NULL};
static const char *const symbol_params[] = {"exchange", "limit", "cursor", NULL};
static const char *const instrument_params[] = {"exchange", "symbol", "status", "at",
                                                "history",  "limit",  "cursor", NULL};
static const char *const asset_params[] = {"limit", "cursor", NULL};

/* openapi.json describes each of them; a test holds the two together.
 * Where a symbol stands the second pattern takes it with a bare slash in it, BTC/USDT. */
const struct route routes[] = {
    {"index", "/", "this list", {"/"}, no_params, answer_index},
    {"openapi",
     "/openapi.json",
     "the OpenAPI description",
     {"/openapi.json"},
     no_params,
     answer_openapi},
    {"candles",
     "/v1/candles/{exchange}/{symbol}",
     "candles of one symbol, the open one last",
     {"/v1/candles/:exchange/:symbol", "/v1/candles/:exchange/:base/:quote"},
     candle_params,
     answer_candles},
    {"coverage",
     "/v1/coverage/{exchange}/{symbol}",
     "how complete the candles of one symbol are, as runs of equal coverage",
     {"/v1/coverage/:exchange/:symbol", "/v1/coverage/:exchange/:base/:quote"},
     coverage_params,
     answer_coverage},
    {"trades",
     "/v1/trades/{exchange}/{symbol}",
     "trades of one symbol",
     {"/v1/trades/:exchange/:symbol", "/v1/trades/:exchange/:base/:quote"},
     trade_params,
     answer_trades},
    {"exchanges",
     "/v1/exchanges",
     "the exchanges, and whether their feeds are up",
     {"/v1/exchanges"},
     no_params,
     answer_exchanges},
    {"quotes",
     "/v1/quotes",
     "the newest quote of each symbol",
     {"/v1/quotes"},
     quote_params,
     answer_quotes},
    {"quote",
     "/v1/quotes/{exchange}/{symbol}",
     "the newest quote of one symbol",
     {"/v1/quotes/:exchange/:symbol", "/v1/quotes/:exchange/:base/:quote"},
     no_params,
     answer_quote},
    {"arbitrage",
     "/v1/arbitrage",
     "opportunities, open or past, or why there is none",
     {"/v1/arbitrage"},
     arbitrage_params,
     answer_arbitrage},
    {"opportunity",
     "/v1/arbitrage/{id}",
     "one opportunity, with the events of its life",
     {"/v1/arbitrage/:id"},
     event_params,
     answer_opportunity},
    {"symbols",
     "/v1/symbols",
     "symbols that ever traded or were quoted here",
     {"/v1/symbols"},
     symbol_params,
     answer_symbols},
    {"instruments",
     "/v1/instruments",
     "what the exchanges say of their symbols, now or at a time",
     {"/v1/instruments"},
     instrument_params,
     answer_instruments},
    {"assets",
     "/v1/assets",
     "the assets and their names",
     {"/v1/assets"},
     asset_params,
     answer_assets},
    {"gaps",
     "/v1/gaps",
     "holes in the trades, and what became of them",
     {"/v1/gaps"},
     gap_params,
     answer_gaps},
    {"feeds",
     "/v1/feeds",
     "what happened to the feeds of symbols",
     {"/v1/feeds"},
     feed_params,
     answer_feeds},
    {NULL}};

static int add_route(const struct route *r, struct strbuf *body)
{
    if (strbuf_adds(body, "{\"path\":") != 0 || json_add_string(body, slice_of(r->path)) != 0 ||
        strbuf_adds(body, ",\"parameters\":[") != 0)
        return -1;
    for (int i = 0; r->params[i]; i++)
        if (strbuf_adds(body, i ? "," : "") != 0 ||
            json_add_string(body, slice_of(r->params[i])) != 0)
            return -1;
    if (strbuf_adds(body, "],\"what\":") != 0 || json_add_string(body, slice_of(r->what)) != 0)
        return -1;
    return strbuf_addc(body, '}');
}

int answer_index(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    (void)req;
    if (p->kind != PROBLEM_NONE)
        return -1;
    int r = strbuf_adds(body, "{\"name\":\"candlewick\",\"version\":\"" CANDLEWICK_VERSION
                              "\",\"endpoints\":[");
    for (int i = 0; r == 0 && routes[i].name; i++) {
        r = strbuf_adds(body, i ? "," : "");
        if (r == 0)
            r = add_route(&routes[i], body);
    }
    if (r != 0 || strbuf_adds(body, "]}\n") != 0)
        return strbuf_full(body, "index", e);
    return 0;
}
