#include "framing_internal.h"

#include "clock.h"
#include "health.h"
#include "kafka/topics.h"
#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { PAUSE_MS = 200, SAY_EVERY_S = 10 };

static const char PART[] = "schemas"; /* of /readyz */

/* What is to be prepared. */
struct preparation {
    const char *topic; /* with its prefix; NULL: publishing only */
    const enum record_type *types;
    size_t n;
    struct framing_topic *ret;
};

typedef int (*prepare_fn)(struct framing *f, const struct preparation *p, struct err *e);

/* Tries until it is done, or what is wrong does not pass. */
static int persist(struct framing *f, prepare_fn fn, const struct preparation *p, struct err *e)
{
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    while (fn(f, p, e) != 0) {
        if (!e->retriable)
            return -1;
        if (kafka_stopping(f->kafka))
            return err_set(e, ERR_STOPPED, "stopped while publishing schemas");
        if (f->kafka->health)
            health_wait(f->kafka->health, PART, e->text);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("schemas", "waiting until schemas can be published", LOG_ERR(e));
        (void)nanosleep(&pause, NULL); /* a signal ends it early, which is what we want */
    }
    if (f->kafka->health)
        health_ready(f->kafka->health, PART);
    return 0;
}

static void set_header(struct framing_topic *t, enum record_type type, enum frame_kind kind,
                       uint64_t id)
{
    struct framing_header *h = &t->headers[type];
    h->len = frame_write(kind, id, h->bytes);
}

/* --- single-object encoding ------------------------------------------------------------------ */

static int publish_once(struct framing *f, const struct preparation *p, struct err *e)
{
    size_t written = 0;
    if (framing_topic_open(f, e) != 0 ||
        schema_topic_publish(f->topic, p->types, p->n, &written, e) != 0)
        return -1;
    if (written > 0)
        log_info("schemas", "published schemas", LOG_INT("schemas", (int64_t)written));
    return 0;
}

static bool all_published(const struct framing *f, const enum record_type *types, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!f->published[types[i]])
            return false;
    return true;
}

int framing_publish(struct framing *f, const enum record_type *types, size_t n, struct err *e)
{
    static const char *const needed[] = {SCHEMA_TOPIC, NULL};
    int32_t partitions;
    const struct preparation p = {NULL, types, n, NULL};
    if (all_published(f, types, n))
        return 0;
    if (topics_await(f->kafka, f->kafka->health, needed, &partitions, e) != 0)
        return -1;
    int r = persist(f, publish_once, &p, e);
    schema_topic_close(f->topic); /* it may not be needed again */
    f->topic = NULL;
    for (size_t i = 0; r == 0 && i < n; i++)
        f->published[types[i]] = true;
    return r;
}

/* --- registry -------------------------------------------------------------------------------- */

static int register_once(struct framing *f, const struct preparation *p, struct err *e)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct record_schema *s = record_schema(p->types[i]);
        char subject[KAFKA_NAME_MAX + 64];
        uint32_t id;
        (void)snprintf(subject, sizeof(subject), "%s-%s", p->topic, s->full_name);
        if (registry_register(f->registry, subject, s->text, &id, e) != 0)
            return -1;
        set_header(p->ret, p->types[i], FRAME_CONFLUENT, id);
    }
    return 0;
}

/* --- both ------------------------------------------------------------------------------------ */

int framing_prepare(struct framing *f, const char *topic, const enum record_type *types, size_t n,
                    struct framing_topic *ret, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(f->kafka, topic, name, e) != 0)
        return -1;
    const struct preparation p = {name, types, n, ret};
    if (f->registry)
        return persist(f, register_once, &p, e);
    if (framing_publish(f, types, n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        set_header(ret, types[i], FRAME_SINGLE_OBJECT, record_schema(types[i])->fingerprint);
    return 0;
}

int framing_encode(const struct framing_topic *t, const struct record *r, struct strbuf *out,
                   struct err *e)
{
    const struct framing_header *h = (unsigned)r->type < RECORD_TYPES ? &t->headers[r->type] : NULL;
    if (!h || h->len == 0)
        return err_set(e, ERR_ARG, "a %s is none of the records of this topic",
                       record_type_name(r->type));
    size_t start = out->len;
    if (strbuf_add(out, h->bytes, h->len) != 0)
        return strbuf_full(out, record_type_name(r->type), e);
    if (record_encode_body(r, out, e) == 0)
        return 0;
    out->len = start;
    out->data[start] = '\0';
    return -1;
}
