#include "list.h"

#include <stdio.h>

static int render(struct strbuf *body, const struct rows *rows, const struct resolved *names,
                  const char *scope, struct err *e)
{
    const struct list_field fields[] = {
        {"exchange", names->exchange}, {"symbol", names->symbol}, {NULL}};
    struct trade_row t;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, fields, "trades", e) != 0)
        return -1;
    for (int i = 0; i < n; i++) {
        if (rows_trade(rows, i, &t, e) != 0)
            return -1;
        if (list_row(body, i, e) != 0 || list_add_record(body, &t, e) != 0)
            return -1;
    }
    bool more = n > 0 && rows_more(rows);
    if (more && trade_place(&t, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, scope, e);
}

int answer_trades(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "trades|%s|%s", names.exchange, names.symbol);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_trades(req->pool, names.exchange, names.symbol, &page, e);
    int r = rows ? render(body, rows, &names, scope, e) : -1;
    rows_close(rows);
    return r;
}
