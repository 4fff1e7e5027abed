#include "field.h"
#include "list.h"

#include <stdio.h>

static int add_symbol(struct strbuf *body, const struct symbol_row *s)
{
    bool traded = s->has_trade_times;
    bool listed = s->has_instrument;
    bool ok = strbuf_addc(body, '{') == 0 && field_text(body, "exchange", true, s->exchange) == 0 &&
              field_text(body, "symbol", true, s->symbol) == 0 &&
              field_int(body, "trades", true, s->trades) == 0 &&
              field_time(body, "first_trade_time", traded, s->first_trade_time_us) == 0 &&
              field_time(body, "last_trade_time", traded, s->last_trade_time_us) == 0 &&
              field_text(body, "native_symbol", listed, s->native_symbol) == 0 &&
              field_text(body, "status", listed, s->status) == 0 &&
              field_decimal(body, "tick_size", s->has_tick_size, s->tick_size) == 0 &&
              field_decimal(body, "lot_size", s->has_lot_size, s->lot_size) == 0 &&
              field_time(body, "update_time", listed, s->update_time_us) == 0 &&
              strbuf_addc(body, '}') == 0;
    return ok ? 0 : -1;
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
    if (more && names_place(s.exchange, s.symbol, &last, e) != 0)
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
