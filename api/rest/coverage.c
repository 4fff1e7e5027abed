#include "coverage.h"

#include "list.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

static int add_run(struct strbuf *body, const struct coverage_run *run, struct err *e)
{
    char start[TIME_TEXT];
    char end[TIME_TEXT];
    (void)time_format(run->start_us, start);
    (void)time_format(run->end_us, end);
    int r = strbuf_addf(body,
                        "{\"start\":\"%s\",\"end\":\"%s\",\"coverage\":\"%s\","
                        "\"windows\":%" PRId64 ",\"missing\":",
                        start, end, coverage_name(run->coverage), run->windows);
    if (r == 0)
        r = run->has_missing ? strbuf_addf(body, "%" PRId64 "}", run->missing)
                             : strbuf_adds(body, "null}");
    return r == 0 ? 0 : strbuf_full(body, "coverage", e);
}

static int render(struct strbuf *body, const struct coverage_list *list,
                  const struct candle_key *key, const char *scope, struct err *e)
{
    const struct list_field fields[] = {
        {"exchange", key->exchange}, {"symbol", key->symbol}, {"interval", key->interval}, {NULL}};
    struct place last = {0};
    if (list_begin(body, fields, "coverage", e) != 0)
        return -1;
    for (int i = 0; i < list->n; i++) {
        if (list_row(body, i, e) != 0 || add_run(body, &list->runs[i], e) != 0)
            return -1;
        last.time_us = list->runs[i].end_us;
    }
    return list_end(body, list->more ? &last : NULL, scope, e);
}

int answer_coverage(const struct request *req, struct strbuf *body, struct problem *p,
                    struct err *e)
{
    struct page page;
    struct resolved names;
    struct coverage_list list;
    char scope[LIST_SCOPE];
    struct candle_key key = {names.exchange, names.symbol, NULL, INT64_MAX};
    /* an empty 1s window makes no record, so 1s candles do not tell */
    key.interval = params_interval(req->target, params_intervals + 1, p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "coverage|%s|%s|%s", key.exchange, key.symbol,
                   key.interval);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    int r = coverage_list_read(req->pool, &key, &page, &list, e);
    if (r == 0)
        r = render(body, &list, &key, scope, e);
    coverage_list_finish(&list);
    return r;
}
