#include "tables.h"

#include "fields.h"

#include <stdio.h>

static bool is_revision(const struct record *r)
{
    return r->candle.revision > 0;
}

static bool is_watching(const struct record *r)
{
    return r->opportunity.state == OPPORTUNITY_STATE_WATCHING;
}

static bool is_event(const struct record *r)
{
    return !is_watching(r);
}

#define CANDLE_KEY "exchange,symbol,interval,open_time"

static const struct tables_one trade = {
    .name = "trade", .type = RECORD_TRADE, .days = "trade", .day = "receive_time"};
static const struct tables_one feed = {.name = "feed_event", .type = RECORD_FEED};
static const struct tables_one candle = {.name = "candle",
                                         .type = RECORD_CANDLE,
                                         .from = "trades_",
                                         .key = CANDLE_KEY,
                                         .rank = "revision"};
static const struct tables_one candle_1s = {.name = "candle",
                                            .type = RECORD_CANDLE,
                                            .from = "trades_",
                                            .key = CANDLE_KEY,
                                            .rank = "revision",
                                            .days = "candle_1s",
                                            .day = "open_time"};
static const struct tables_one revision = {.name = "candle_revision",
                                           .type = RECORD_CANDLE,
                                           .from = "trades_",
                                           .key = CANDLE_KEY ",revision",
                                           .compacted = true,
                                           .makes_row = is_revision};
static const struct tables_one revision_1s = {.name = "candle_revision",
                                              .type = RECORD_CANDLE,
                                              .from = "trades_",
                                              .key = CANDLE_KEY ",revision",
                                              .compacted = true,
                                              .days = "candle_revision_1s",
                                              .day = "open_time",
                                              .makes_row = is_revision};
static const struct tables_one event = {.name = "opportunity_event",
                                        .type = RECORD_OPPORTUNITY,
                                        .from = "quotes_",
                                        .days = "opportunity_event",
                                        .day = "time",
                                        .makes_row = is_event};
static const struct tables_one opportunity = {.name = "opportunity",
                                              .type = RECORD_OPPORTUNITY,
                                              .from = "quotes_",
                                              .key = "id",
                                              .makes_row = is_event};
static const struct tables_one watching = {.name = "watching",
                                           .type = RECORD_OPPORTUNITY,
                                           .from = "quotes_",
                                           .key = "id",
                                           .makes_row = is_watching};

int tables_find(const char *topic, struct tables_of *ret, struct err *e)
{
    static const char candles[] = "candles.";
    const size_t len = strlen(candles);
    if (strcmp(topic, "trades") == 0)
        *ret = (struct tables_of){2, {&trade, &feed}, {NULL, 0}};
    else if (strcmp(topic, "arbitrage") == 0)
        *ret = (struct tables_of){3, {&event, &opportunity, &watching}, {NULL, 0}};
    else if (strcmp(topic, "candles.1s") == 0)
        *ret = (struct tables_of){2, {&candle_1s, &revision_1s}, slice_of(topic + len)};
    else if (strncmp(topic, candles, len) == 0 && !strchr(topic + len, '.'))
        *ret = (struct tables_of){2, {&candle, &revision}, slice_of(topic + len)};
    else
        return err_set(e, ERR_CONF,
                       "--table compares trades, candles.<interval> and arbitrage with their "
                       "tables, not %.100s",
                       topic);
    return 0;
}

/* --- records ---------------------------------------------------------------------------------- */

bool tables_makes_row(const struct tables_one *t, const struct record *r)
{
    return r->type == t->type && (!t->makes_row || t->makes_row(r));
}

int tables_pack(const struct record *r, struct strbuf *out, struct err *e)
{
    return fields_pack(r, "", out, e);
}

static const struct record_field *field_of(const struct tables_one *t, const char *name)
{
    const struct record_table *fields = record_table(t->type);
    for (size_t i = 0; name && i < fields->n_fields; i++)
        if (strcmp(fields->fields[i].name, name) == 0)
            return &fields->fields[i];
    return NULL;
}

int32_t tables_rank(const struct tables_one *t, const struct record *r)
{
    const struct record_field *f = field_of(t, t->rank);
    return f ? *(const int32_t *)record_field_at(f, &r->trade) : 0;
}

int64_t tables_day_us(const struct tables_one *t, const struct record *r)
{
    const struct record_field *f = field_of(t, t->day);
    return f ? *(const int64_t *)record_field_at(f, &r->trade) : INT64_MAX;
}

int tables_key(const struct tables_one *t, struct slice packed, struct strbuf *out, struct err *e)
{
    const struct record_table *fields = record_table(t->type);
    struct slice key = slice_of(t->key);
    struct slice text;
    bool null;
    for (size_t i = 0; i < fields->n_fields && fields_unpack(&packed, &text, &null); i++)
        if (fields_named(key, slice_of(fields->fields[i].name)) &&
            fields_pack_text(out, !null, text) != 0)
            return strbuf_full(out, "a key", e);
    return 0;
}

/* --- SQL -------------------------------------------------------------------------------------- */

/* A record's own partition and offset are columns of another name: those are the row's. */
static bool is_lineage(const struct tables_one *t, const char *name)
{
    return t->from &&
           fields_named(slice_of("partition,offset,first_offset,last_offset"), slice_of(name));
}

static int add_column(const struct tables_one *t, const struct record_field *f, struct strbuf *out)
{
    char column[80];
    (void)snprintf(column, sizeof(column), "\"%s%s\"", is_lineage(t, f->name) ? t->from : "",
                   f->name);
    if (f->type == RECORD_FIELD_DECIMAL)
        return strbuf_addf(out, ", trim_scale(%s)::text", column);
    if (f->type == RECORD_FIELD_TIME)
        return strbuf_addf(
            out, ", to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column);
    return strbuf_addf(out, ", %s::text", column);
}

int tables_select(const struct tables_one *t, struct slice interval, struct strbuf *out,
                  struct err *e)
{
    const struct record_table *fields = record_table(t->type);
    /* compaction leaves records of the last 24 hours alone: deploy/topics.json */
    int r = strbuf_addf(out, "SELECT partition, \"offset\", %s",
                        t->compacted ? "record_time < now() - interval '24 hours'" : "false");
    for (size_t i = 0; r == 0 && i < fields->n_fields; i++)
        r = add_column(t, &fields->fields[i], out);
    if (r == 0)
        r = strbuf_addf(out, " FROM %s", t->name);
    /* a topic's name: letters, digits, '.', '_' and '-' alone, so nothing has to be escaped */
    if (r == 0 && interval.len > 0)
        r = strbuf_addf(out, " WHERE interval = '%.*s'", SLICE_ARG(interval));
    return r == 0 ? 0 : strbuf_full(out, "SQL", e);
}
