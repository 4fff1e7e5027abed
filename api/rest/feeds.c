#include "list.h"
#include "query_events.h"

#include <stdio.h>

static const char *const events[] = {"subscribed", "lost",     "gap", "repairing",
                                     "repaired",   "given_up", NULL};

static int render(struct strbuf *body, const struct rows *rows, const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct place last = {0};
    if (list_begin(body, none, "feeds", e) != 0)
        return -1;
    for (int i = 0; i < rows_count(rows); i++) {
        struct trade_row feed;
        if (rows_feed(rows, i, &feed, e) != 0 || list_row(body, i, e) != 0 ||
            list_add_record(body, &feed, e) != 0)
            return -1;
        last = feed_place(&feed);
    }
    return list_end(body, rows_more(rows) ? &last : NULL, scope, e);
}

int answer_feeds(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    const char *event = params_word(req->target, "event", events, "", p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve_filter(req, &names, p, e) != 0)
        return -1;
    const struct event_filter filter = {names.exchange, names.symbol, event};
    (void)snprintf(scope, sizeof(scope), "feeds|%s|%s|%s", filter.exchange, filter.symbol, event);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_feeds(req->pool, &filter, &page, e);
    int r = rows ? render(body, rows, scope, e) : -1;
    rows_close(rows);
    return r;
}
