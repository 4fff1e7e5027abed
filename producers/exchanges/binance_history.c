/* Facts: github.com/binance/binance-spot-api-docs, rest-api.md and errors.md (2026-07-21), checked
 * 2026-11-21. */
#include "binance.h"

#include "history.h"

#include <inttypes.h>

enum { ROWS_MAX = 1000 };

const struct rest_rules binance_rest_rules = {
    .weight_max = 6000,
    .window_ms = 60000,
    .used_header = "X-MBX-USED-WEIGHT-1M",
    .busy_ms = 60000,
};

/* --- rows ------------------------------------------------------------------------------------ */

enum { ROW_ID, ROW_PRICE, ROW_AMOUNT, ROW_TIME, ROW_BUYER_IS_MAKER, ROW_KEYS };

static const struct slice trade_keys[ROW_KEYS] = {
    [ROW_ID] = FIELDS_KEY("id"),
    [ROW_PRICE] = FIELDS_KEY("price"),
    [ROW_AMOUNT] = FIELDS_KEY("qty"),
    [ROW_TIME] = FIELDS_KEY("time"),
    [ROW_BUYER_IS_MAKER] = FIELDS_KEY("isBuyerMaker"),
};
static const struct slice agg_keys[ROW_KEYS] = {
    [ROW_ID] = FIELDS_KEY("a"),
    [ROW_PRICE] = FIELDS_KEY("p"),
    [ROW_AMOUNT] = FIELDS_KEY("q"),
    [ROW_TIME] = FIELDS_KEY("T"),
    [ROW_BUYER_IS_MAKER] = FIELDS_KEY("m"),
};

static int parse_row(struct fields *f, const struct history_query *q, struct slice row,
                     struct event *ret, struct err *e)
{
    const struct scan_value *maker;
    f->exchange = "binance";
    f->n = ROW_KEYS;
    ret->native_symbol = slice_of(q->instrument->native);
    ret->has_exchange_time = true;
    if (fields_read(f, row, e) != 0 || fields_trade_id(f, ROW_ID, SCAN_NUMBER, ret, e) != 0 ||
        fields_positive(f, ROW_PRICE, SCAN_STRING, &ret->price, e) != 0 ||
        fields_positive(f, ROW_AMOUNT, SCAN_STRING, &ret->amount, e) != 0 ||
        fields_unix_time(f, ROW_TIME, SCAN_NUMBER, &ret->exchange_time_us, e) != 0)
        return -1;
    maker = fields_get(f, ROW_BUYER_IS_MAKER);
    if (!maker || (maker->type != SCAN_TRUE && maker->type != SCAN_FALSE))
        return err_set(e, ERR_PROTO, "binance: %s: %s is no boolean", f->record,
                       f->keys[ROW_BUYER_IS_MAKER].data);
    ret->side = maker->type == SCAN_TRUE ? SIDE_SELL : SIDE_BUY; /* the taker's */
    return 0;
}

/* {"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012",
 *  "time":1499865549590,"isBuyerMaker":true,"isBestMatch":true} */
static int parse_trade(const struct history_query *q, struct slice row, struct event *ret,
                       struct err *e)
{
    struct fields f = {.record = "historicalTrades", .keys = trade_keys};
    return parse_row(&f, q, row, ret, e);
}

/* {"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,
 *  "M":true} */
static int parse_agg_trade(const struct history_query *q, struct slice row, struct event *ret,
                           struct err *e)
{
    struct fields f = {.record = "aggTrades", .keys = agg_keys};
    return parse_row(&f, q, row, ret, e);
}

/* --- calls ----------------------------------------------------------------------------------- */

static const struct call {
    const char *channel;
    const char *path;
    int64_t weight;
    struct history_shape shape;
} calls[] = {
    {"trade",
     "/api/v3/historicalTrades?symbol=",
     25,
     {"binance: historicalTrades", SCAN_OBJECT, false, parse_trade}},
    {"aggTrade",
     "/api/v3/aggTrades?symbol=",
     4,
     {"binance: aggTrades", SCAN_OBJECT, false, parse_agg_trade}},
};

static const struct call *call_of(const struct history_query *q)
{
    return slice_is(slice_of(q->channel->name), "aggTrade") ? &calls[1] : &calls[0];
}

/* No more than what is wanted: most holes are of a few trades. */
static int64_t rows_of(const struct history_query *q)
{
    return q->last_id - q->first_id < ROWS_MAX ? q->last_id - q->first_id + 1 : ROWS_MAX;
}

/* fromId is inclusive, in both. */
int binance_history_request(const struct history_query *q, struct http_request *ret, struct err *e)
{
    const struct call *c = call_of(q);
    if (q->first_id < 0 || q->first_id > q->last_id)
        return err_set(e, ERR_ARG, "%s: no trades wanted", c->shape.what);
    ret->weight = c->weight;
    if (history_path(ret, c->path, q->instrument->rest, e) != 0)
        return -1;
    return history_path_add(ret, e, "&fromId=%" PRId64 "&limit=%" PRId64, q->first_id, rows_of(q));
}

/* --- refusals -------------------------------------------------------------------------------- */

enum { KEY_CODE, KEY_MSG, KEYS };

static const struct slice keys[KEYS] = {
    [KEY_CODE] = FIELDS_KEY("code"),
    [KEY_MSG] = FIELDS_KEY("msg"),
};

static const char *const busy[] = {"-1003", NULL};
static const char *const passing[] = {"-1000", "-1001", "-1006", "-1007", "-1008", "-1016", NULL};
static const struct history_words words = {busy, passing};

/* {"code":-1121,"msg":"Invalid symbol."}; a firewall or a proxy has no such words. */
static int parse_refusal(const char *what, long status, struct slice body, struct err *e)
{
    struct fields f = {.exchange = "binance", .record = "error", .keys = keys, .n = KEYS};
    const struct scan_value *code;
    if (fields_read(&f, body, e) != 0 || fields_need(&f, KEY_CODE, SCAN_NUMBER, &code, e) != 0)
        return history_unanswered(what, status, e);
    const struct scan_value *msg = fields_get(&f, KEY_MSG);
    return history_refused(what, &words, code->text,
                           msg && msg->type == SCAN_STRING ? msg->text : slice_of(""), e);
}

int binance_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                          void *ctx, struct err *e)
{
    const struct history_shape *shape = &call_of(q)->shape;
    const int64_t asked = rows_of(q);
    struct history_rows rows;
    if (status != 200)
        return parse_refusal(shape->what, status, body, e);
    if (history_read(shape, q, body, ROWS_MAX, &rows, e) != 0 ||
        history_emit(shape, q, &rows, rows.n, emit, ctx, e) != 0)
        return -1;
    if (!rows.whole)
        return history_broken(&rows, e);
    /* A page that is not full is the last one; one with nothing of ours would come again. */
    bool more = rows.n > 0 && (int64_t)rows.all >= asked && q->first_id <= q->last_id;
    return more ? HISTORY_MORE : HISTORY_DONE;
}
