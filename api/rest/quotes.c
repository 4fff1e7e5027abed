#include "clock.h"
#include "field.h"
#include "list.h"
#include "query_quotes.h"

#include <stdio.h>

static const char *feed_of(const struct quote_row *q, int64_t now_us)
{
    bool fresh = q->has_tick && q->tick_time_us >= now_us - FEED_FRESH_US;
    const struct feed_parts parts = {.all = 1, .fresh = fresh, .alive = fresh && q->alive};
    return feed_state_name(feed_state_of(&parts));
}

/* The record, where it lies, how old it is, and how the feed does that would renew it. */
static int add_quote(struct strbuf *body, const struct quote_row *q, int64_t now_us, struct err *e)
{
    if (record_json(&q->record, body, e) != 0)
        return -1;
    body->len--; /* opens the object again */
    bool ok = field_int(body, "partition", true, q->partition) == 0 &&
              field_int(body, "offset", true, q->offset) == 0 &&
              field_age(body, "age_us", true, q->record.quote.receive_time_us, now_us) == 0 &&
              field_text(body, "feed", true, slice_of(feed_of(q, now_us))) == 0 &&
              field_age(body, "feed_age_us", q->has_tick, q->tick_time_us, now_us) == 0 &&
              strbuf_addc(body, '}') == 0;
    return ok ? 0 : strbuf_full(body, "quotes", e);
}

static int render(struct strbuf *body, const struct rows *rows, const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    int64_t now_us = clock_real_us();
    struct quote_row q;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, none, "quotes", e) != 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (rows_quote(rows, i, &q, e) != 0 || list_row(body, i, e) != 0 ||
            add_quote(body, &q, now_us, e) != 0)
            return -1;
    bool more = n > 0 && rows_more(rows);
    if (more && names_place(q.record.quote.exchange, q.record.quote.symbol, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, scope, e);
}

int answer_quotes(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve_filter(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "quotes|%s|%s", names.exchange, names.symbol);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_quotes(req->pool, names.exchange, names.symbol, &page, e);
    int r = rows ? render(body, rows, scope, e) : -1;
    rows_close(rows);
    return r;
}

static int render_one(struct strbuf *body, const struct rows *rows, const struct resolved *names,
                      struct problem *p, struct err *e)
{
    struct quote_row q;
    if (rows_count(rows) == 0)
        return problem_set(p, PROBLEM_NO_QUOTE, "no quote of %s on %s is known", names->symbol,
                           names->exchange);
    if (rows_quote(rows, 0, &q, e) != 0 || add_quote(body, &q, clock_real_us(), e) != 0)
        return -1;
    return strbuf_addc(body, '\n') == 0 ? 0 : strbuf_full(body, "quote", e);
}

int answer_quote(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    const struct page one = {.limit = 1};
    struct resolved names;
    if (p->kind != PROBLEM_NONE || list_resolve(req, &names, p, e) != 0)
        return -1;
    struct rows *rows = query_quotes(req->pool, names.exchange, names.symbol, &one, e);
    int r = rows ? render_one(body, rows, &names, p, e) : -1;
    rows_close(rows);
    return r;
}
