#include "field.h"
#include "list.h"
#include "query_events.h"

#include <stdio.h>

static const char *const states[] = {"open", "repairing", "repaired", "given_up", NULL};

static int add_gap(struct strbuf *body, const struct gap_row *g, struct err *e)
{
    bool ok = strbuf_addc(body, '{') == 0 && field_text(body, "exchange", true, g->exchange) == 0 &&
              field_text(body, "symbol", true, g->symbol) == 0 &&
              field_int(body, "first_id", g->has_first_id, g->first_id) == 0 &&
              field_int(body, "last_id", g->has_last_id, g->last_id) == 0 &&
              field_time(body, "from_time", g->has_from_time, g->from_time_us) == 0 &&
              field_time(body, "to_time", g->has_to_time, g->to_time_us) == 0 &&
              field_int(body, "missing", g->has_missing, g->missing) == 0 &&
              field_int(body, "given_up", true, g->given_up) == 0 &&
              field_text(body, "state", true, g->state) == 0 &&
              field_text(body, "reason", g->has_reason, g->reason) == 0 &&
              field_time(body, "open_time", true, g->open_time_us) == 0 &&
              field_time(body, "update_time", true, g->update_time_us) == 0 &&
              field_int(body, "partition", true, g->partition) == 0 &&
              field_int(body, "offset", true, g->offset) == 0 && strbuf_addc(body, '}') == 0;
    return ok ? 0 : strbuf_full(body, "gaps", e);
}

static int render(struct strbuf *body, const struct rows *rows, const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct place last = {0};
    if (list_begin(body, none, "gaps", e) != 0)
        return -1;
    for (int i = 0; i < rows_count(rows); i++) {
        struct gap_row gap;
        if (rows_gap(rows, i, &gap, e) != 0 || list_row(body, i, e) != 0 ||
            add_gap(body, &gap, e) != 0)
            return -1;
        last = gap_place(&gap);
    }
    return list_end(body, rows_more(rows) ? &last : NULL, scope, e);
}

int answer_gaps(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    const char *state = params_word(req->target, "state", states, "", p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve_filter(req, &names, p, e) != 0)
        return -1;
    const struct event_filter filter = {names.exchange, names.symbol, state};
    (void)snprintf(scope, sizeof(scope), "gaps|%s|%s|%s", filter.exchange, filter.symbol, state);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_gaps(req->pool, &filter, &page, e);
    int r = rows ? render(body, rows, scope, e) : -1;
    rows_close(rows);
    return r;
}
