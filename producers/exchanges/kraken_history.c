/* Facts: docs.kraken.com, "Get Recent Trades" and the guide to historical data (copies of May
 * 2026), a recorded page of a thousand trades, and errors that public clients know; checked
 * 2026-11-21. */
#include "kraken.h"

#include "history.h"
#include "timefmt.h"

#include <inttypes.h>

enum { ROWS_MAX = 1000 };
#define NS_PER_US INT64_C(1000)

/* The limit is not published; one call a second is what the exchange's support advises. */
const struct rest_rules kraken_rest_rules = {
    .weight_max = 1,
    .window_ms = 1000,
    .busy_ms = 5000,
};

/* --- rows ------------------------------------------------------------------------------------ */

enum { ROW_PRICE, ROW_AMOUNT, ROW_TIME, ROW_SIDE, ROW_ORDER, ROW_MISC, ROW_ID, ROW_KEYS };

static const struct slice row_keys[ROW_KEYS] = {
    [ROW_PRICE] = FIELDS_KEY("price"), [ROW_AMOUNT] = FIELDS_KEY("volume"),
    [ROW_TIME] = FIELDS_KEY("time"),   [ROW_SIDE] = FIELDS_KEY("side"),
    [ROW_ORDER] = FIELDS_KEY("order"), [ROW_MISC] = FIELDS_KEY("misc"),
    [ROW_ID] = FIELDS_KEY("trade_id"),
};

/* ["105433.60000","0.00027625",1762795433.9717445,"b","l","",10218208]: price, volume, seconds
 * since 1970, buy or sell, limit or market, a retired field, id. */
static int parse_row(const struct history_query *q, struct slice row, struct event *ret,
                     struct err *e)
{
    struct fields f = {.exchange = "kraken", .record = "Trades", .keys = row_keys, .n = ROW_KEYS};
    ret->native_symbol = slice_of(q->instrument->native);
    ret->has_exchange_time = true;
    if (fields_read_array(&f, row, e) != 0 ||
        fields_trade_id(&f, ROW_ID, SCAN_NUMBER, ret, e) != 0 ||
        fields_positive(&f, ROW_PRICE, SCAN_STRING, &ret->price, e) != 0 ||
        fields_positive(&f, ROW_AMOUNT, SCAN_STRING, &ret->amount, e) != 0 ||
        fields_seconds(&f, ROW_TIME, &ret->exchange_time_us, e) != 0)
        return -1;
    if (!fields_is(&f, ROW_SIDE, "b") && !fields_is(&f, ROW_SIDE, "s"))
        return err_set(e, ERR_PROTO, "kraken: Trades: side is neither \"b\" nor \"s\"");
    ret->side = fields_is(&f, ROW_SIDE, "b") ? SIDE_BUY : SIDE_SELL;
    return 0;
}

static const struct history_shape shape = {"kraken: Trades", SCAN_ARRAY, false, parse_row};

/* --- pages ----------------------------------------------------------------------------------- */

/* since is a time in nanoseconds, exclusive: this one brings all trades of a microsecond again,
 * which are passed over by their ids. One more microsecond before: times come as rounded numbers of
 * seconds, and may have been lifted to the next one. */
static int64_t since_before(int64_t time_us)
{
    return time_us > 1 ? (time_us - 1) * NS_PER_US - 1 : 0;
}

static int64_t since_of(const struct history_query *q)
{
    return q->cursor > 0 ? q->cursor : since_before(q->from_time_us);
}

int kraken_history_request(const struct history_query *q, struct http_request *ret, struct err *e)
{
    if (q->first_id < 0 || q->first_id > q->last_id || q->from_time_us > INT64_MAX / NS_PER_US)
        return err_set(e, ERR_ARG, "kraken: Trades: no trades wanted");
    if (history_path(ret, "/0/public/Trades?pair=", q->instrument->rest, e) != 0)
        return -1;
    ret->weight = 1;
    return history_path_add(ret, e, "&since=%" PRId64 "&count=%d", since_of(q), ROWS_MAX);
}

/* How many of the rows have their predecessor emitted. */
static size_t without_hole(const struct history_query *q, const struct history_rows *rows)
{
    int64_t next = q->first_id;
    size_t n = 0;
    while (n < rows->n && rows->list[n].id <= next)
        next = rows->list[n++].id + 1;
    return n;
}

/* The time of the earliest of the rows from i on. */
static int64_t earliest_us(const struct history_rows *rows, size_t i)
{
    int64_t us = rows->list[i].time_us;
    for (; i < rows->n; i++)
        if (rows->list[i].time_us < us)
            us = rows->list[i].time_us;
    return us;
}

/* Pages go by time, trades by id: where a trade is dated before one with a lower id, it comes too
 * early. Those behind such a hole are left for the next page, which begins with them. A hole that
 * is at its beginning stays one. */
static int parse_page(struct history_query *q, struct slice trades, int64_t last_ns, emit_fn emit,
                      void *ctx, struct err *e)
{
    struct history_rows rows;
    if (history_read(&shape, q, trades, ROWS_MAX, &rows, e) != 0)
        return -1;
    bool full = rows.all == ROWS_MAX;
    size_t n = full && rows.whole ? without_hole(q, &rows) : 0;
    if (n == 0)
        n = rows.n;
    if (history_emit(&shape, q, &rows, n, emit, ctx, e) != 0)
        return -1;
    if (!rows.whole)
        return history_broken(&rows, e);
    if (!full || q->first_id > q->last_id || (rows.n == 0 && rows.highest_id >= q->last_id))
        return HISTORY_DONE;
    int64_t next_ns = since_before(n < rows.n ? earliest_us(&rows, n) : rows.latest_us);
    if (n == rows.n && next_ns <= since_of(q))
        next_ns = last_ns; /* a thousand trades of one instant */
    if (n == rows.n && next_ns <= since_of(q))
        return err_set(e, ERR_PROTO, "kraken: Trades: last is not behind since");
    q->cursor = next_ns;
    return HISTORY_MORE;
}

/* --- answers --------------------------------------------------------------------------------- */

enum { KEY_ERROR, KEY_RESULT, KEYS };

static const struct slice keys[KEYS] = {
    [KEY_ERROR] = FIELDS_KEY("error"),
    [KEY_RESULT] = FIELDS_KEY("result"),
};

static const char *const busy[] = {"EGeneral:Too many requests", "EService: Throttled",
                                   "EService:Throttled", "EAPI:Rate limit exceeded", NULL};
static const char *const passing[] = {"EService:", "EGeneral:Internal error",
                                      "EGeneral:Temporary lockout", NULL};
static const struct history_words words = {busy, passing};

/* {"XBTUSDT":[…],"last":"1762820035982277754"}: the pair's name is the exchange's own, not always
 * the one that was asked for. */
static int read_result(struct slice result, struct slice *ret_trades, int64_t *ret_last_ns,
                       struct err *e)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    int trades = 0;
    int last = 0;
    int more = scan_object(&s, result) == 0 ? 1 : -1;
    while (more == 1 && (more = scan_member(&s, &key, &v)) == 1) {
        if (slice_is(key, "last")) {
            last += v.type == SCAN_STRING && scan_int64(v.text, ret_last_ns) == 0;
        } else {
            trades += v.type == SCAN_ARRAY;
            *ret_trades = v.text;
        }
    }
    if (more < 0)
        return err_set(e, ERR_PROTO, "kraken: Trades: result is malformed");
    if (last != 1)
        return err_set(e, ERR_PROTO, "kraken: Trades: last is no number of nanoseconds");
    if (trades != 1)
        return err_set(e, ERR_PROTO, "kraken: Trades: result is not one pair's");
    return 0;
}

/* The first of ["EQuery:Unknown asset pair"]; 0: there is none. */
static int first_error(struct slice errors, struct slice *ret, struct err *e)
{
    struct scan s;
    struct scan_value v;
    int r = scan_array(&s, errors) == 0 ? scan_element(&s, &v) : -1;
    if (r < 0 || (r == 1 && v.type != SCAN_STRING))
        return err_set(e, ERR_PROTO, "kraken: Trades: error is malformed");
    if (r == 1)
        *ret = v.text;
    return r;
}

/* {"error":[],"result":{…}}; errors come with HTTP 200. */
int kraken_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                         void *ctx, struct err *e)
{
    struct fields f = {.exchange = "kraken", .record = "Trades answer", .keys = keys, .n = KEYS};
    const struct scan_value *v;
    struct slice text = {NULL, 0};
    int64_t last_ns;
    if (fields_read(&f, body, e) != 0 || fields_need(&f, KEY_ERROR, SCAN_ARRAY, &v, e) != 0)
        return status == 200 ? -1 : history_unanswered(shape.what, status, e);
    int r = first_error(v->text, &text, e);
    if (r != 0)
        return r < 0 ? -1 : history_refused(shape.what, &words, text, slice_of(""), e);
    if (fields_need(&f, KEY_RESULT, SCAN_OBJECT, &v, e) != 0 ||
        read_result(v->text, &text, &last_ns, e) != 0)
        return -1;
    return parse_page(q, text, last_ns, emit, ctx, e);
}
