#include "clock.h"
#include "field.h"
#include "list.h"
#include "query_quotes.h"

static int add_topic(struct strbuf *body, const struct exchange_row *row, int64_t now_us)
{
    const struct feed_parts *parts = &row->parts;
    bool ok =
        strbuf_addc(body, '{') == 0 && field_text(body, "topic", true, row->topic) == 0 &&
        field_text(body, "state", true, slice_of(feed_state_name(feed_state_of(parts)))) == 0 &&
        field_age(body, "age_us", true, row->tick_time_us, now_us) == 0 &&
        field_time(body, "tick_time", true, row->tick_time_us) == 0 &&
        field_int(body, "partitions", true, parts->all) == 0 &&
        field_int(body, "alive", true, parts->alive) == 0 && strbuf_addc(body, '}') == 0;
    return ok ? 0 : -1;
}

/* What an exchange's topics come to. */
struct total {
    struct feed_parts parts;
    int64_t tick_time_us;
};

static void sum(struct total *t, const struct exchange_row *row)
{
    t->parts.all += row->parts.all;
    t->parts.fresh += row->parts.fresh;
    t->parts.alive += row->parts.alive;
    t->tick_time_us = row->tick_time_us > t->tick_time_us ? row->tick_time_us : t->tick_time_us;
}

/* All but its end, which is that of its topics. */
static int add_head(struct strbuf *body, const struct exchange_row *row, const struct total *t,
                    int64_t now_us)
{
    const char *state = feed_state_name(feed_state_of(&t->parts));
    bool ticks = row->has_topic;
    bool ok =
        strbuf_addc(body, '{') == 0 && field_text(body, "exchange", true, row->exchange) == 0 &&
        field_text(body, "state", true, slice_of(state)) == 0 &&
        field_age(body, "age_us", ticks, t->tick_time_us, now_us) == 0 &&
        field_time(body, "tick_time", ticks, t->tick_time_us) == 0 &&
        field_int(body, "symbols", true, row->symbols) == 0 &&
        field_time(body, "last_trade_time", row->has_last_trade_time, row->last_trade_time_us) ==
            0 &&
        field_json(body, "topics", slice_of("[")) == 0;
    return ok ? 0 : -1;
}

/* The exchange of row first, whose rows follow one another. Returns the row behind them. */
static int add_exchange(struct strbuf *body, const struct rows *rows, int first, int64_t now_us,
                        struct err *e)
{
    struct exchange_row head;
    struct exchange_row row;
    struct total total = {.tick_time_us = INT64_MIN};
    int end = first;
    if (rows_exchange(rows, first, &head, e) != 0)
        return -1;
    for (; end < rows_count(rows); end++) {
        if (rows_exchange(rows, end, &row, e) != 0)
            return -1;
        if (!slice_eq(row.exchange, head.exchange))
            break;
        sum(&total, &row);
    }
    bool ok = add_head(body, &head, &total, now_us) == 0;
    for (int i = first; ok && head.has_topic && i < end; i++)
        ok = rows_exchange(rows, i, &row, e) == 0 && (i == first || strbuf_addc(body, ',') == 0) &&
             add_topic(body, &row, now_us) == 0;
    return ok && strbuf_adds(body, "]}") == 0 ? end : strbuf_full(body, "exchanges", e);
}

static int render(struct strbuf *body, const struct rows *rows, int64_t now_us, struct err *e)
{
    const struct list_field none[] = {{NULL}};
    if (list_begin(body, none, "exchanges", e) != 0)
        return -1;
    for (int i = 0; i < rows_count(rows);) {
        if (list_row(body, i, e) != 0)
            return -1;
        i = add_exchange(body, rows, i, now_us, e);
        if (i < 0)
            return -1;
    }
    return list_end(body, NULL, "exchanges", e);
}

int answer_exchanges(const struct request *req, struct strbuf *body, struct problem *p,
                     struct err *e)
{
    int64_t now_us = clock_real_us();
    if (p->kind != PROBLEM_NONE)
        return -1;
    struct rows *rows = query_exchanges(req->pool, now_us, e);
    int r = rows ? render(body, rows, now_us, e) : -1;
    rows_close(rows);
    return r;
}
