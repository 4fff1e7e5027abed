#include "field.h"
#include "list.h"
#include "query_instruments.h"

#include <stdio.h>
#include <string.h>

static const char *const statuses[] = {"unknown", "trading", "halted", "delisted", NULL};
static const char *const yes_or_no[] = {"false", "true", NULL};

static int add_instrument(struct strbuf *body, const struct instrument_row *d, struct err *e)
{
    bool ok = strbuf_addc(body, '{') == 0 && field_text(body, "exchange", true, d->exchange) == 0 &&
              field_text(body, "symbol", true, d->symbol) == 0 &&
              field_text(body, "native_symbol", true, d->native_symbol) == 0 &&
              field_text(body, "base", true, d->base) == 0 &&
              field_text(body, "quote", true, d->quote) == 0 &&
              field_text(body, "status", true, d->status) == 0 &&
              field_decimal(body, "tick_size", d->has_tick_size, d->tick_size) == 0 &&
              field_decimal(body, "lot_size", d->has_lot_size, d->lot_size) == 0 &&
              field_time(body, "from_time", true, d->from_time_us) == 0 &&
              field_time(body, "to_time", d->has_to_time, d->to_time_us) == 0 &&
              field_int(body, "partition", true, d->partition) == 0 &&
              field_int(body, "offset", true, d->offset) == 0 && strbuf_addc(body, '}') == 0;
    return ok ? 0 : strbuf_full(body, "instruments", e);
}

static int render(struct strbuf *body, const struct rows *rows, const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct instrument_row d;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, none, "instruments", e) != 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (rows_instrument(rows, i, &d, e) != 0 || list_row(body, i, e) != 0 ||
            add_instrument(body, &d, e) != 0)
            return -1;
    bool more = n > 0 && rows_more(rows);
    if (more && instrument_place(&d, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, scope, e);
}

int answer_instruments(const struct request *req, struct strbuf *body, struct problem *p,
                       struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    struct instrument_filter filter = {names.exchange, names.symbol, NULL, INT64_MAX, false};
    filter.status = params_word(req->target, "status", statuses, "", p);
    params_time(req->target, "at", &filter.at_us, p);
    const char *history = params_word(req->target, "history", yes_or_no, "false", p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve_among(req, &names_listed, &names, p, e) != 0)
        return -1;
    filter.history = strcmp(history, "true") == 0;
    (void)snprintf(scope, sizeof(scope), "instruments|%s|%s|%s|%s", filter.exchange, filter.symbol,
                   filter.status, history);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_instruments(req->pool, &filter, &page, e);
    int r = rows ? render(body, rows, scope, e) : -1;
    rows_close(rows);
    return r;
}
