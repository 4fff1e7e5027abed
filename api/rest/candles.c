#include "list.h"

#include <stdio.h>

static int render(struct strbuf *body, const struct rows *rows, const struct resolved *names,
                  const char *interval, const char *scope, struct err *e)
{
    const struct list_field fields[] = {
        {"exchange", names->exchange}, {"symbol", names->symbol}, {"interval", interval}, {NULL}};
    struct place last = {0};
    if (list_begin(body, fields, "candles", e) != 0)
        return -1;
    for (int i = 0; i < rows_count(rows); i++) {
        struct record r;
        if (rows_candle(rows, i, &r, e) != 0)
            return -1;
        if (i > 0 && strbuf_addc(body, ',') != 0)
            return strbuf_full(body, "candles", e);
        if (record_json(&r, body, e) != 0)
            return -1;
        last = candle_place(&r);
    }
    return list_end(body, rows_more(rows) ? &last : NULL, scope, e);
}

int answer_candles(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    const char *interval = params_interval(req->target, p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "candles|%s|%s|%s", names.exchange, names.symbol,
                   interval);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_candles(req->pool, names.exchange, names.symbol, interval, &page, e);
    int r = rows ? render(body, rows, &names, interval, scope, e) : -1;
    rows_close(rows);
    return r;
}
