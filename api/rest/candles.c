#include "list.h"

#include "candle_list.h"

#include <stdio.h>
#include <string.h>

static const char *const fills[] = {
    [FILL_NONE] = "none", [FILL_NULL] = "null", [FILL_PREVIOUS] = "previous", NULL};

static enum fill fill_of(const struct request *req, struct problem *p)
{
    const char *word = params_word(req->target, "fill", fills, "none", p);
    for (int i = 0; word && fills[i]; i++)
        if (strcmp(word, fills[i]) == 0)
            return (enum fill)i;
    return FILL_NONE;
}

/* The record; where rows may be filled in, whether this one is. */
static int add_row(struct strbuf *body, const struct candle_row *row, enum fill fill, struct err *e)
{
    if (record_json(&row->record, body, e) != 0)
        return -1;
    if (fill == FILL_NONE)
        return 0;
    body->len--; /* opens the object again */
    if (strbuf_addf(body, ",\"filled\":%s}", row->filled ? "true" : "false") != 0)
        return strbuf_full(body, "candles", e);
    return 0;
}

static int render(struct strbuf *body, struct candle_list *list, const struct candle_key *key,
                  enum fill fill, const char *scope, struct err *e)
{
    const struct list_field fields[] = {
        {"exchange", key->exchange}, {"symbol", key->symbol}, {"interval", key->interval}, {NULL}};
    struct candle_row row;
    struct place last = {0};
    int r = list_begin(body, fields, "candles", e);
    if (r != 0)
        return -1;
    for (int i = 0; (r = candle_list_next(list, &row, e)) > 0; i++) {
        if (list_row(body, i, e) != 0 || add_row(body, &row, fill, e) != 0)
            return -1;
        last.time_us = row.record.candle.open_time_us;
    }
    return r == 0 ? list_end(body, candle_list_more(list) ? &last : NULL, scope, e) : -1;
}

int answer_candles(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    struct candle_key key = {names.exchange, names.symbol, NULL, INT64_MAX};
    key.interval = params_interval(req->target, params_intervals, p);
    enum fill fill = fill_of(req, p);
    params_time(req->target, "as_of", &key.as_of_us, p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "candles|%s|%s|%s", key.exchange, key.symbol,
                   key.interval);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct candle_list *list = candle_list_open(req->pool, &key, fill, &page, e);
    int r = list ? render(body, list, &key, fill, scope, e) : -1;
    candle_list_close(list);
    return r;
}
