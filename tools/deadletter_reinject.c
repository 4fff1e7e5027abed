/* cw-deadletter reinject: letters back to who refused them, as they are, each once. */
#include "deadletter.h"
#include "json.h"
#include "kafka/outbox.h"
#include "kafka/reinjection.h"
#include "kafka/topics.h"
#include "reinjected.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_LIMIT = 1 << 16 };

struct reinject {
    const struct deadletter *d;
    struct reinjected done;
    struct outbox *out; /* opened with the first letter */
    char topic[KAFKA_NAME_MAX + 1];
    struct strbuf line;
    int64_t n_refused;
    const char *why; /* of the last refused one */
};

/* --- those that were ------------------------------------------------------------------------- */

static int note_done(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct reinject *r = ctx;
    struct reinjection back;
    reinjection_from(m, &back);
    if (back.letter_partition < 0 || back.letter_offset < 0)
        return 0; /* not of ours */
    return reinjected_add(&r->done, back.letter_partition, back.letter_offset, e);
}

static int read_done(struct reinject *r, struct err *e)
{
    int32_t partitions;
    int64_t low;
    int64_t high;
    const char *const names[] = {REINJECTION_TOPIC, NULL};
    if (topics_await(&r->d->kafka, r->d->program->health, names, &partitions, e) != 0)
        return -1;
    struct reader *reader = reader_open(&r->d->kafka, e);
    int ret = reader ? 0 : -1;
    for (int32_t p = 0; ret == 0 && p < partitions; p++) {
        ret = reader_watermarks(reader, REINJECTION_TOPIC, p, &low, &high, e);
        if (ret == 0)
            ret = reader_run(reader, REINJECTION_TOPIC, p, low, note_done, r, e);
    }
    reader_close(reader);
    return ret;
}

/* --- one letter ------------------------------------------------------------------------------ */

static bool add(rd_kafka_headers_t *h, const char *name, const char *value)
{
    return rd_kafka_header_add(h, name, -1, value, -1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The letter's own and where it lies. NULL: out of memory. */
static rd_kafka_headers_t *make_headers(const struct kafka_message *m)
{
    char partition[16];
    char offset[24];
    rd_kafka_headers_t *had;
    if (rd_kafka_message_headers(m->handle, &had) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL; /* without any it would have been refused */
    rd_kafka_headers_t *h = rd_kafka_headers_copy(had);
    (void)snprintf(partition, sizeof(partition), "%" PRId32, m->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, m->offset);
    if (h) /* one that was written again has those of the first time, too */
        (void)rd_kafka_header_remove(h, REINJECTION_LETTER_PARTITION),
            (void)rd_kafka_header_remove(h, REINJECTION_LETTER_OFFSET);
    if (h && add(h, REINJECTION_LETTER_PARTITION, partition) &&
        add(h, REINJECTION_LETTER_OFFSET, offset))
        return h;
    if (h)
        rd_kafka_headers_destroy(h);
    return NULL;
}

static int write_letter(struct reinject *r, const struct kafka_message *m, struct err *e)
{
    if (!r->out)
        r->out = outbox_open(&r->d->kafka, e);
    if (!r->out)
        return -1;
    const struct outbox_message out = {.topic = r->topic,
                                       .partition = RD_KAFKA_PARTITION_UA,
                                       .key = m->key,
                                       .value = m->value,
                                       .headers = make_headers(m)};
    if (!out.headers)
        return err_set(e, ERR_NOMEM, "no memory for headers");
    if (outbox_put(r->out, &out, e) != 0) {
        rd_kafka_headers_destroy(out.headers);
        return -1;
    }
    return outbox_flush(r->out, e); /* so that what is said of it is true */
}

/* What became of it: a line. */
static int say(struct reinject *r, const struct letter *l, const char *result, const char *why,
               struct err *e)
{
    struct strbuf *b = &r->line;
    int bad = r->d->json ? strbuf_addf(b,
                                       "{\"partition\":%" PRId32 ",\"offset\":%" PRId64
                                       ",\"result\":\"%s\",\"reason\":",
                                       l->partition, l->offset, result)
                         : strbuf_addf(b, "%4" PRId32 "  %10" PRId64 "  %s", l->partition,
                                       l->offset, result);
    if (bad == 0 && r->d->json)
        bad = why ? json_add_string(b, slice_of(why)) : strbuf_adds(b, "null");
    else if (bad == 0 && why)
        bad = strbuf_addf(b, ": %s", why);
    if (bad == 0)
        bad = strbuf_adds(b, r->d->json ? "}\n" : "\n");
    return bad == 0 ? deadletter_write(b, e) : strbuf_full(b, "output", e);
}

static int take(void *ctx, const struct letter *l, const struct kafka_message *m, struct err *e)
{
    struct reinject *r = ctx;
    const char *why = reinjected_why_not(l);
    if (why) {
        r->n_refused++;
        r->why = why;
        return say(r, l, "refused", why, e);
    }
    if (!r->d->again && reinjected_has(&r->done, l->partition, l->offset))
        return say(r, l, "left", "it was re-injected before (--again does it once more)", e);
    if (r->d->dry_run)
        return say(r, l, "would be re-injected", NULL, e);
    if (write_letter(r, m, e) != 0)
        return -1;
    return say(r, l, "re-injected", NULL, e);
}

/* --- all ------------------------------------------------------------------------------------- */

static int run(struct reinject *r, struct err *e)
{
    if (kafka_name(&r->d->kafka, REINJECTION_TOPIC, r->topic, e) != 0 || read_done(r, e) != 0 ||
        deadletter_scan(r->d, take, r, e) != 0)
        return -1;
    if (r->n_refused == 0)
        return 0;
    return err_set(e, ERR_ARG, "%" PRId64 " of the letters cannot be re-injected; the last: %s",
                   r->n_refused, r->why);
}

int deadletter_reinject(const struct deadletter *d, struct err *e)
{
    struct reinject r = {.d = d, .line = STRBUF_INIT(TEXT_LIMIT)};
    int ret = run(&r, e);
    outbox_close(r.out);
    reinjected_finish(&r.done);
    strbuf_finish(&r.line);
    return ret;
}
