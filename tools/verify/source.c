#include "source.h"

#include "clock.h"
#include "kafka/topics.h"
#include "timefmt.h"

#include <stdlib.h>

enum { PAUSE_MS = 500, SAY_EVERY_S = 10 };

/* --- life ------------------------------------------------------------------------------------- */

static int look_up(struct source *s, struct err *e)
{
    const char *const names[] = {s->about.topic, NULL};
    int64_t low;
    if (kafka_name(&s->about.kafka, s->about.topic, s->name, e) != 0 ||
        topics_await(&s->about.kafka, s->about.program->health, names, &s->partitions, e) != 0)
        return -1;
    s->reader = reader_open(&s->about.kafka, e);
    s->ends = calloc((size_t)s->partitions, sizeof(*s->ends));
    if (!s->reader || !s->ends)
        return s->reader ? err_set(e, ERR_NOMEM, "out of memory") : -1;
    for (int32_t p = 0; p < s->partitions; p++)
        if (reader_watermarks(s->reader, s->about.topic, p, &low, &s->ends[p], e) != 0)
            return -1;
    return 0;
}

int source_open(struct source *s, const struct source_about *about, struct err *e)
{
    *s = (struct source){.about = *about, .schema_limit.interval_us = SAY_EVERY_S * US_PER_S};
    if (kafka_settings_check(&s->about.kafka, e) != 0)
        return -1;
    s->framing = framing_create(about->framing, &s->about.kafka, about->program->metrics, e);
    return s->framing ? look_up(s, e) : -1;
}

void source_close(struct source *s)
{
    reader_close(s->reader);
    framing_destroy(s->framing);
    free(s->ends);
}

/* --- reading ---------------------------------------------------------------------------------- */

int source_begin_at(struct source *s, int32_t partition, int64_t from, int64_t end, struct err *e)
{
    s->partition = partition;
    s->range = (struct inputs_range){.to = INT64_MAX};
    return reader_begin(s->reader, s->about.topic, partition, from, end, e);
}

int source_begin(struct source *s, int32_t partition, const struct inputs_range *range,
                 struct err *e)
{
    int64_t low;
    int64_t high;
    if (reader_watermarks(s->reader, s->about.topic, partition, &low, &high, e) != 0 ||
        source_begin_at(s, partition, low, s->ends[partition], e) != 0)
        return -1;
    s->range = *range;
    s->n_untold = 0;
    s->told = false;
    return 0;
}

static int take_headers(const struct source *s, const struct kafka_message *m, struct item *ret,
                        struct err *e)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    ret->n_headers = 0;
    if (rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (rd_kafka_header_get_all(headers, ret->n_headers, &name, &value, &len) ==
           RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (ret->n_headers == ITEM_HEADERS_MAX)
            return err_set(e, ERR_LIMIT, "%.100s partition %d offset %lld: more than %d headers",
                           s->name, m->partition, (long long)m->offset, ITEM_HEADERS_MAX);
        ret->headers[ret->n_headers++] =
            (struct item_header){slice_of(name), slice_make(value, value ? len : 0), value == NULL};
    }
    return 0;
}

static int no_input(const struct source *s, int64_t offset, struct err *e)
{
    return err_set(e, ERR_STATE,
                   "%.100s partition %d offset %lld: no header `input` with an offset, so "
                   "--inputs cannot tell what made it",
                   s->name, s->partition, (long long)offset);
}

static bool is_everything(const struct inputs_range *r)
{
    return r->from == 0 && r->to == INT64_MAX;
}

/* Another one without the header; only in front of all that have it. */
static int leave_out(struct source *s, const struct item *i, struct err *e)
{
    if (s->told)
        return no_input(s, i->offset, e);
    if (s->n_untold++ == 0)
        s->untold = i->offset;
    return 0;
}

/* 1: one of those that are compared; 0: not; 2: nor is any that comes behind it. */
static int is_wanted(struct source *s, const struct item *i, struct err *e)
{
    const struct item_header *h = item_header(i, "input");
    int64_t input;
    if (is_everything(&s->range))
        return 1;
    if (!h)
        return leave_out(s, i, e);
    if (!inputs_number(h->value, &input))
        return no_input(s, i->offset, e);
    if (!s->told && s->n_untold > 0)
        log_info("verify", "records that do not say their input are left out",
                 LOG_STR("topic", s->name), LOG_INT("partition", s->partition),
                 LOG_INT("records", s->n_untold), LOG_INT("up_to", i->offset - 1));
    s->told = true;
    if (input > s->range.to)
        return 2; /* within a partition it never falls */
    return input >= s->range.from;
}

int source_next(void *ctx, struct item *ret, struct err *e)
{
    struct source *s = ctx;
    struct kafka_message m;
    int got;
    while ((got = reader_next(s->reader, &m, e)) == 1) {
        meter_step(s->about.meter, s->name, m.partition);
        *ret = (struct item){.partition = m.partition,
                             .offset = m.offset,
                             .key = m.key,
                             .has_key = m.key.data != NULL,
                             .value = m.value,
                             .tombstone = m.tombstone};
        if (take_headers(s, &m, ret, e) != 0)
            return -1;
        int wanted = is_wanted(s, ret, e);
        if (wanted != 0)
            return wanted == 2 ? 0 : wanted;
    }
    if (got == 0 && s->n_untold > 0 && !s->told)
        return no_input(s, s->untold, e);
    return got;
}

int source_fetch(struct source *s, int32_t partition, int64_t offset, struct item *ret,
                 struct err *e)
{
    if (source_begin_at(s, partition, offset, offset + 1, e) != 0)
        return -1;
    int got = source_next(s, ret, e);
    return got == 0  ? err_set(e, ERR_STATE, "%.100s partition %d offset %lld is gone", s->name,
                               partition, (long long)offset)
           : got < 0 ? -1
                     : 0;
}

/* A schema that cannot be asked for now is waited for, as Kafka is. */
static int wait_for_schema(struct source *s, struct err *e)
{
    if (log_limit_pass(&s->schema_limit, clock_mono_us()))
        log_warn("verify", "waiting for a schema", LOG_ERR(e));
    if (!program_pause(s->about.program, PAUSE_MS))
        return err_set(e, ERR_STOPPED, "stopped while waiting for a schema");
    return 0;
}

int source_decode(void *ctx, struct slice value, struct record *ret, struct err *e)
{
    struct source *s = ctx;
    while (framing_decode(s->framing, value, ret, e) != 0) {
        if (e->code == ERR_STOPPED)
            return -1;
        if (!e->retriable) {
            s->unreadable++;
            return 1;
        }
        if (wait_for_schema(s, e) != 0)
            return -1;
    }
    return 0;
}
