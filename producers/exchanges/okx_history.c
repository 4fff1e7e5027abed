/* Facts: OKX API guide v5, "Get trades history" (copies of July 2026), and codes that public
 * clients take for passing; checked 2026-11-21. */
#include "okx.h"

#include "history.h"

#include <inttypes.h>

enum { ROWS_MAX = 100, DOUBLINGS_MAX = 40 };

const struct rest_rules okx_rest_rules = {
    .weight_max = 20,
    .window_ms = 2000,
    .busy_ms = 4000,
};

/* --- rows ------------------------------------------------------------------------------------ */

enum { ROW_SYMBOL, ROW_ID, ROW_PRICE, ROW_AMOUNT, ROW_SIDE, ROW_TIME, ROW_KEYS };

static const struct slice row_keys[ROW_KEYS] = {
    [ROW_SYMBOL] = FIELDS_KEY("instId"), [ROW_ID] = FIELDS_KEY("tradeId"),
    [ROW_PRICE] = FIELDS_KEY("px"),      [ROW_AMOUNT] = FIELDS_KEY("sz"),
    [ROW_SIDE] = FIELDS_KEY("side"),     [ROW_TIME] = FIELDS_KEY("ts"),
};

/* {"instId":"BTC-USDT","side":"sell","sz":"0.00001","px":"29963.2","tradeId":"242720720",
 *  "ts":"1654161646974"}: the members of trades-all. */
static int parse_row(const struct history_query *q, struct slice row, struct event *ret,
                     struct err *e)
{
    struct fields f = {
        .exchange = "okx", .record = "history-trades", .keys = row_keys, .n = ROW_KEYS};
    ret->has_exchange_time = true;
    if (fields_read(&f, row, e) != 0 ||
        fields_symbol(&f, ROW_SYMBOL, &ret->native_symbol, e) != 0 ||
        fields_trade_id(&f, ROW_ID, SCAN_STRING, ret, e) != 0 ||
        fields_positive(&f, ROW_PRICE, SCAN_STRING, &ret->price, e) != 0 ||
        fields_positive(&f, ROW_AMOUNT, SCAN_STRING, &ret->amount, e) != 0 ||
        fields_unix_time(&f, ROW_TIME, SCAN_STRING, &ret->exchange_time_us, e) != 0 ||
        fields_side(&f, ROW_SIDE, &ret->side, e) != 0)
        return -1;
    if (!slice_is(ret->native_symbol, q->instrument->native))
        return err_set(e, ERR_PROTO, "okx: history-trades: instId is not %s",
                       q->instrument->native);
    return 0;
}

static const struct history_shape shape = {"okx: history-trades", SCAN_OBJECT, true, parse_row};

/* --- pages ----------------------------------------------------------------------------------- */

/* A page ends where it is told to (after, an id, exclusive) and goes backwards from there. So that
 * trades come in their order, a page is asked for that ends 100 ids behind the first one wanted.
 * Where ids are missing, that many ids that nothing is in are passed at a time, and twice as many
 * after each such page: q->cursor is how often they have been doubled. */
static int64_t end_of(const struct history_query *q)
{
    const int64_t ids = (int64_t)ROWS_MAX << q->cursor;
    if (q->last_id - q->first_id >= ids)
        return q->first_id + ids;
    return q->last_id < INT64_MAX ? q->last_id + 1 : INT64_MAX;
}

int okx_history_request(const struct history_query *q, struct http_request *ret, struct err *e)
{
    if (q->first_id < 0 || q->first_id > q->last_id || q->cursor < 0 || q->cursor > DOUBLINGS_MAX)
        return err_set(e, ERR_ARG, "okx: history-trades: no trades wanted");
    if (history_path(ret, "/api/v5/market/history-trades?instId=", q->instrument->rest, e) != 0)
        return -1;
    const int64_t end = end_of(q);
    ret->weight = 1;
    return history_path_add(ret, e, "&type=1&after=%" PRId64 "&limit=%d", end,
                            end - q->first_id < ROWS_MAX ? (int)(end - q->first_id) : ROWS_MAX);
}

/* --- answers --------------------------------------------------------------------------------- */

enum { KEY_CODE, KEY_MSG, KEY_DATA, KEYS };

static const struct slice keys[KEYS] = {
    [KEY_CODE] = FIELDS_KEY("code"),
    [KEY_MSG] = FIELDS_KEY("msg"),
    [KEY_DATA] = FIELDS_KEY("data"),
};

static const char *const busy[] = {"50011", NULL};
static const char *const passing[] = {"50001", "50004", "50013", "50026", NULL};
static const struct history_words words = {busy, passing};

/* Whether there may be wanted trades older than the oldest of a page. */
static bool hides_older(const struct history_query *q, const struct history_rows *rows)
{
    return q->cursor > 0 && rows->all >= ROWS_MAX && (rows->n == rows->all || !rows->whole);
}

static int turn(struct history_query *q, int64_t end, bool some)
{
    if (q->last_id == INT64_MAX) /* nobody knows where they end, but at a page of nothing new */
        return some ? HISTORY_MORE : HISTORY_DONE;
    q->first_id = end;
    if (some)
        q->cursor = 0;
    else if (q->cursor < DOUBLINGS_MAX)
        q->cursor++;
    return q->first_id <= q->last_id ? HISTORY_MORE : HISTORY_DONE;
}

static int parse_page(struct history_query *q, struct slice data, emit_fn emit, void *ctx,
                      struct err *e)
{
    struct history_query page = *q;
    struct history_rows rows;
    page.last_id = end_of(q) - 1;
    if (history_read(&shape, &page, data, ROWS_MAX, &rows, e) != 0)
        return -1;
    if (hides_older(q, &rows)) {
        q->cursor--;
        return HISTORY_MORE;
    }
    if (history_emit(&shape, q, &rows, rows.n, emit, ctx, e) != 0)
        return -1;
    if (!rows.whole)
        return history_broken(&rows, e);
    return turn(q, page.last_id + 1, rows.n > 0);
}

/* {"code":"0","msg":"","data":[…]}; any other code is a refusal, told with HTTP 200 too. */
int okx_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                      void *ctx, struct err *e)
{
    struct fields f = {
        .exchange = "okx", .record = "history-trades answer", .keys = keys, .n = KEYS};
    const struct scan_value *code;
    const struct scan_value *data;
    if (fields_read(&f, body, e) != 0 || fields_need(&f, KEY_CODE, SCAN_STRING, &code, e) != 0)
        return status == 200 ? -1 : history_unanswered(shape.what, status, e);
    if (!slice_is(code->text, "0")) {
        const struct scan_value *msg = fields_get(&f, KEY_MSG);
        return history_refused(shape.what, &words, code->text,
                               msg && msg->type == SCAN_STRING ? msg->text : slice_of(""), e);
    }
    if (fields_need(&f, KEY_DATA, SCAN_ARRAY, &data, e) != 0)
        return -1;
    return parse_page(q, data->text, emit, ctx, e);
}
