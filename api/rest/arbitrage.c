#include "field.h"
#include "list.h"
#include "query_arbitrage.h"

#include <stdio.h>
#include <string.h>

enum { SEGMENT_ID = 2 }; /* v1 / arbitrage / cross|BTC-USDT|… */

static const char *const states[] = {[OPPORTUNITIES_OPEN] = "open",
                                     [OPPORTUNITIES_CLOSED] = "closed",
                                     [OPPORTUNITIES_ALL] = "all",
                                     [OPPORTUNITIES_WATCHING] = "watching",
                                     NULL};

/* --- objects --------------------------------------------------------------------------------- */

/* The fields of the record, in an object that goes on. */
static int add_record(struct strbuf *b, const struct opportunity_row *o)
{
    bool ok = field_text(b, "id", true, o->id) == 0 && field_text(b, "kind", true, o->kind) == 0 &&
              field_text(b, "state", true, o->state) == 0 && field_json(b, "legs", o->legs) == 0 &&
              field_json(b, "rates", o->rates) == 0 &&
              field_decimal(b, "size", o->has_size, o->size) == 0 &&
              field_decimal(b, "gross_bps", o->has_gross_bps, o->gross_bps) == 0 &&
              field_decimal(b, "net_bps", o->has_net_bps, o->net_bps) == 0 &&
              field_decimal(b, "peak_net_bps", o->has_peak_net_bps, o->peak_net_bps) == 0 &&
              field_bool(b, "suspect", o->suspect) == 0 &&
              field_time(b, "open_time", o->has_open_time, o->open_time_us) == 0 &&
              field_time(b, "time", true, o->time_us) == 0 &&
              field_int(b, "duration_us", o->has_duration, o->duration_us) == 0 &&
              field_text(b, "reason", o->has_reason, o->reason) == 0 &&
              field_int(b, "partition", o->has_quotes_partition, o->quotes_partition) == 0 &&
              field_int(b, "offset", o->has_quotes_offset, o->quotes_offset) == 0;
    return ok ? 0 : -1;
}

/* The same, and what it opened with; still not the object's end. */
static int add_opportunity(struct strbuf *b, const struct opportunity_row *o, struct err *e)
{
    bool ok = strbuf_addc(b, '{') == 0 && add_record(b, o) == 0 &&
              field_decimal(b, "open_size", o->has_open_size, o->open_size) == 0 &&
              field_decimal(b, "open_gross_bps", o->has_open_gross_bps, o->open_gross_bps) == 0 &&
              field_decimal(b, "open_net_bps", o->has_open_net_bps, o->open_net_bps) == 0;
    return ok ? 0 : strbuf_full(b, "opportunities", e);
}

static int add_end(struct strbuf *b, struct err *e)
{
    return strbuf_addc(b, '}') == 0 ? 0 : strbuf_full(b, "opportunities", e);
}

/* --- the list -------------------------------------------------------------------------------- */

static int render(struct strbuf *body, const struct rows *rows, enum opportunities which,
                  const char *scope, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct opportunity_row o;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, none, "opportunities", e) != 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (rows_opportunity(rows, i, &o, e) != 0 || list_row(body, i, e) != 0 ||
            add_opportunity(body, &o, e) != 0 || add_end(body, e) != 0)
            return -1;
    bool more = n > 0 && rows_more(rows);
    if (more && opportunity_place(&o, which, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, scope, e);
}

static enum opportunities state_of(const struct request *req, struct problem *p)
{
    const char *word = params_word(req->target, "state", states, "open", p);
    for (int i = 0; word && states[i]; i++)
        if (strcmp(word, states[i]) == 0)
            return (enum opportunities)i;
    return OPPORTUNITIES_OPEN;
}

int answer_arbitrage(const struct request *req, struct strbuf *body, struct problem *p,
                     struct err *e)
{
    struct page page;
    struct resolved names;
    char scope[LIST_SCOPE];
    struct opportunity_filter filter = {state_of(req, p), names.symbol, names.exchange, NULL};
    filter.min_net_bps = params_decimal(req->target, "min_net_bps", p);
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE || list_resolve_filter(req, &names, p, e) != 0)
        return -1;
    (void)snprintf(scope, sizeof(scope), "arbitrage|%s|%s|%s|%s", states[filter.which],
                   filter.symbol, filter.exchange, filter.min_net_bps);
    if (list_check_cursor(&page, scope, p) != 0)
        return -1;
    struct rows *rows = query_opportunities(req->pool, &filter, &page, e);
    int r = rows ? render(body, rows, filter.which, scope, e) : -1;
    rows_close(rows);
    return r;
}

/* --- one of them ----------------------------------------------------------------------------- */

static int add_events(struct strbuf *body, const struct rows *rows, const char *scope,
                      struct err *e)
{
    struct place last = {0};
    if (field_json(body, "events", slice_of("[")) != 0)
        return strbuf_full(body, "events", e);
    for (int i = 0; i < rows_count(rows); i++) {
        struct opportunity_row event;
        if (rows_opportunity(rows, i, &event, e) != 0 || list_row(body, i, e) != 0)
            return -1;
        if (strbuf_addc(body, '{') != 0 || add_record(body, &event) != 0 ||
            strbuf_addc(body, '}') != 0)
            return strbuf_full(body, "events", e);
        last = opportunity_event_place(&event);
    }
    return list_end(body, rows_more(rows) ? &last : NULL, scope, e);
}

static int render_one(const struct request *req, struct strbuf *body, const struct rows *rows,
                      const struct page *page, struct problem *p, struct err *e)
{
    const char *id = req->target->segments[SEGMENT_ID];
    struct opportunity_row o;
    char scope[LIST_SCOPE];
    if (rows_count(rows) == 0)
        return problem_set(p, PROBLEM_UNKNOWN_OPPORTUNITY, "there is no opportunity \"%.100s\"",
                           id);
    (void)snprintf(scope, sizeof(scope), "opportunity|%s", id);
    if (list_check_cursor(page, scope, p) != 0 || rows_opportunity(rows, 0, &o, e) != 0 ||
        add_opportunity(body, &o, e) != 0)
        return -1;
    struct rows *events = query_opportunity_events(req->pool, id, page, e);
    int r = events ? add_events(body, events, scope, e) : -1;
    rows_close(events);
    return r;
}

int answer_opportunity(const struct request *req, struct strbuf *body, struct problem *p,
                       struct err *e)
{
    struct page page;
    params_page(req->target, PAGE_LIMIT_DEFAULT, &page, p);
    if (p->kind != PROBLEM_NONE)
        return -1;
    struct rows *rows = query_opportunity(req->pool, req->target->segments[SEGMENT_ID], e);
    int r = rows ? render_one(req, body, rows, &page, p, e) : -1;
    rows_close(rows);
    return r;
}
