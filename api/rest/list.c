#include "list.h"

#include "json.h"

#include <inttypes.h>
#include <stdio.h>

enum { SEGMENT_EXCHANGE = 2, SEGMENT_SYMBOL = 3 }; /* v1 / candles / binance / BTC-USDT */

static int unresolved(const struct resolved *r, const char *exchange, const char *symbol,
                      struct problem *p)
{
    for (int i = 0; i < r->n_names; i++)
        problem_add_name(p, r->names[i]);
    switch (r->is) {
    case RESOLVED:
        break;
    case RESOLVED_NO_EXCHANGE:
        return problem_set(p, PROBLEM_UNKNOWN_EXCHANGE,
                           r->n_names ? "nothing of \"%.64s\" is known; there are the exchanges "
                                        "listed"
                                      : "nothing of \"%.64s\" is known, nor of any exchange yet",
                           exchange);
    case RESOLVED_NO_SYMBOL:
        return problem_set(p, PROBLEM_UNKNOWN_SYMBOL, "%.64s has no symbol \"%.64s\"%s",
                           exchange ? exchange : "no exchange", symbol,
                           r->n_names ? "; near lists what may be meant" : "");
    case RESOLVED_AMBIGUOUS:
        return problem_set(p, PROBLEM_AMBIGUOUS_SYMBOL,
                           "\"%.64s\" may be any of those in near: write it with its dash", symbol);
    }
    return 0;
}

int list_resolve(const struct request *req, struct resolved *ret, struct problem *p, struct err *e)
{
    const struct target *t = req->target;
    char symbol[TARGET_MAX + 1];
    const char *quote = t->n_segments > SEGMENT_SYMBOL + 1 ? t->segments[SEGMENT_SYMBOL + 1] : NULL;
    (void)snprintf(symbol, sizeof(symbol), "%s%s%s", t->segments[SEGMENT_SYMBOL], quote ? "/" : "",
                   quote ? quote : "");
    const struct resolver by = {req->pool, req->assets, &names_known};
    if (query_resolve(&by, t->segments[SEGMENT_EXCHANGE], symbol, ret, e) != 0)
        return -1;
    return unresolved(ret, t->segments[SEGMENT_EXCHANGE], symbol, p);
}

int list_resolve_filter(const struct request *req, struct resolved *ret, struct problem *p,
                        struct err *e)
{
    return list_resolve_among(req, &names_known, ret, p, e);
}

int list_resolve_among(const struct request *req, const struct names_statements *among,
                       struct resolved *ret, struct problem *p, struct err *e)
{
    const struct resolver by = {req->pool, req->assets, among};
    const char *exchange = target_param(req->target, "exchange");
    const char *symbol = target_param(req->target, "symbol");
    int r = 0;
    *ret = (struct resolved){.is = RESOLVED};
    if (symbol)
        r = query_resolve(&by, exchange, symbol, ret, e);
    else if (exchange)
        r = query_resolve_exchange(&by, exchange, ret, e);
    return r == 0 ? unresolved(ret, exchange, symbol, p) : -1;
}

int list_check_cursor(const struct page *page, const char *scope, struct problem *p)
{
    if (!page->has_after || page->after.scope == place_scope(scope))
        return 0;
    return problem_set(
        p, PROBLEM_UNKNOWN_CURSOR,
        "the cursor is of another list, or none: take next from an answer of this one");
}

int list_begin(struct strbuf *body, const struct list_field *fields, const char *resource,
               struct err *e)
{
    int r = strbuf_addc(body, '{');
    for (; r == 0 && fields->name; fields++) {
        r = strbuf_addf(body, "\"%s\":", fields->name);
        if (r == 0)
            r = json_add_string(body, slice_of(fields->value));
        if (r == 0)
            r = strbuf_addc(body, ',');
    }
    if (r != 0 || strbuf_addf(body, "\"%s\":[", resource) != 0)
        return strbuf_full(body, resource, e);
    return 0;
}

int list_row(struct strbuf *body, int i, struct err *e)
{
    if (i > 0 && strbuf_addc(body, ',') != 0)
        return strbuf_full(body, "list", e);
    return 0;
}

int list_add_record(struct strbuf *body, const struct trade_row *t, struct err *e)
{
    if (record_json(&t->record, body, e) != 0)
        return -1;
    body->len--; /* opens the object again */
    if (strbuf_addf(body, ",\"partition\":%" PRId32 ",\"offset\":%" PRId64 "}", t->partition,
                    t->offset) != 0)
        return strbuf_full(body, "record", e);
    return 0;
}

int list_end(struct strbuf *body, const struct place *last, const char *scope, struct err *e)
{
    char cursor[CURSOR_TEXT];
    if (last && cursor_encode(last, place_scope(scope), cursor, e) != 0)
        return -1;
    int r = last ? strbuf_addf(body, "],\"next\":\"%s\"}\n", cursor)
                 : strbuf_adds(body, "],\"next\":null}\n");
    return r == 0 ? 0 : strbuf_full(body, "list", e);
}
