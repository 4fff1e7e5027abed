#include "list.h"

#include "json.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

static int add_symbol(struct strbuf *body, const struct symbol_row *s)
{
    char first[TIME_TEXT];
    char last[TIME_TEXT];
    (void)time_format(s->first_trade_time_us, first);
    (void)time_format(s->last_trade_time_us, last);
    if (strbuf_adds(body, "{\"exchange\":") != 0 || json_add_string(body, s->exchange) != 0 ||
        strbuf_adds(body, ",\"symbol\":") != 0 || json_add_string(body, s->symbol) != 0)
        return -1;
    return strbuf_addf(body,
                       ",\"trades\":%" PRId64 ",\"first_trade_time\":\"%s\","
                       "\"last_trade_time\":\"%s\"}",
                       s->trades, first, last);
}

static int render(struct strbuf *body, const struct rows *rows, const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct symbol_row s;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, none, "symbols", e) != 0)
        return -1;
    for (int i = 0; i < n; i++) {
        if (rows_symbol(rows, i, &s, e) != 0)
            return -1;
        if (list_row(body, i, e) != 0)
            return -1;
        if (add_symbol(body, &s) != 0)
            return strbuf_full(body, "symbols", e);
    }
    bool more = n > 0 && rows_more(rows);
    if (more && symbol_place(&s, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, scope, e);
}

int answer_symbols(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    params_page(req->target, PAGE_LIMIT_MAX, &page, p);
    if (p->kind != PROBLEM_NONE)
        return -1;
    if (list_resolve_filter(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "symbols|%s", names.exchange);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_symbols(req->pool, names.exchange, &page, e);
    int r = rows ? render(body, rows, scope, e) : -1;
    rows_close(rows);
    return r;
}
