#include "schema_topic.h"

#include "kafka/outbox.h"
#include "kafka/reader.h"
#include "log.h"
#include "writer_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_LEN = 16 };

struct text {
    uint64_t fingerprint;
    char *data;
    size_t len;
};

struct schema_topic {
    const struct kafka_settings *settings;
    struct reader *reader;
    int64_t next_offset;
    struct text texts[SCHEMA_TOPIC_TEXTS_MAX];
    size_t n;
    bool full_said;
};

struct schema_topic *schema_topic_open(const struct kafka_settings *s, struct err *e)
{
    struct schema_topic *t = calloc(1, sizeof(*t));
    if (!t) {
        (void)err_set(e, ERR_NOMEM, "schemas: out of memory");
        return NULL;
    }
    t->settings = s;
    t->reader = reader_open(s, e);
    if (t->reader)
        return t;
    schema_topic_close(t);
    return NULL;
}

void schema_topic_close(struct schema_topic *t)
{
    if (!t)
        return;
    reader_close(t->reader);
    for (size_t i = 0; i < t->n; i++)
        free(t->texts[i].data);
    free(t);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool parse_key(struct slice key, uint64_t *ret)
{
    char text[KEY_LEN + 1] = "";
    if (key.len != KEY_LEN)
        return false;
    memcpy(text, key.data, KEY_LEN);
    if (strspn(text, "0123456789abcdef") != KEY_LEN)
        return false;
    *ret = strtoull(text, NULL, 16);
    return true;
}

static struct text *find(struct schema_topic *t, uint64_t fingerprint)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->texts[i].fingerprint == fingerprint)
            return &t->texts[i];
    return NULL;
}

static void forget(struct schema_topic *t, struct text *text)
{
    free(text->data);
    *text = t->texts[--t->n];
}

static int keep(struct schema_topic *t, uint64_t fingerprint, struct slice value, struct err *e)
{
    if (t->n == SCHEMA_TOPIC_TEXTS_MAX) {
        if (!t->full_said)
            log_warn("schemas", "the topic holds too many schemas; going on without the rest",
                     LOG_INT("limit", SCHEMA_TOPIC_TEXTS_MAX));
        t->full_said = true;
        return 0;
    }
    struct text *at = &t->texts[t->n];
    at->data = malloc(value.len);
    if (!at->data)
        return err_set(e, ERR_NOMEM, "schemas: out of memory");
    memcpy(at->data, value.data, value.len);
    at->len = value.len;
    at->fingerprint = fingerprint;
    t->n++;
    return 0;
}

/* reader_fn */
static int take(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct schema_topic *t = ctx;
    uint64_t fingerprint;
    if (!parse_key(m->key, &fingerprint))
        return 0; /* nobody will ask for it */
    struct text *old = find(t, fingerprint);
    if (old)
        forget(t, old);
    if (m->tombstone || m->value.len == 0 || m->value.len > WRITER_SCHEMA_TEXT_MAX)
        return 0;
    return keep(t, fingerprint, m->value, e);
}

static int catch_up(struct schema_topic *t, struct err *e)
{
    int64_t low;
    int64_t high;
    if (reader_watermarks(t->reader, SCHEMA_TOPIC, 0, &low, &high, e) != 0)
        return -1;
    if (t->next_offset < low)
        t->next_offset = low;
    if (t->next_offset < high &&
        reader_run(t->reader, SCHEMA_TOPIC, 0, t->next_offset, take, t, e) != 0)
        return -1;
    t->next_offset = high;
    return 0;
}

int schema_topic_find(struct schema_topic *t, uint64_t fingerprint, struct slice *ret,
                      struct err *e)
{
    if (catch_up(t, e) != 0)
        return -1;
    const struct text *text = find(t, fingerprint);
    if (text)
        *ret = slice_make(text->data, text->len);
    return text != NULL;
}

static bool has(struct schema_topic *t, enum record_type type)
{
    const struct record_schema *s = record_schema(type);
    const struct text *text = find(t, s->fingerprint);
    return text && slice_is(slice_make(text->data, text->len), s->text);
}

int schema_topic_has(struct schema_topic *t, enum record_type type, struct err *e)
{
    return catch_up(t, e) == 0 ? has(t, type) : -1;
}

/* --- writing --------------------------------------------------------------------------------- */

static int put(struct outbox *o, const char *topic, enum record_type type, struct err *e)
{
    const struct record_schema *s = record_schema(type);
    char key[KEY_LEN + 1];
    (void)snprintf(key, sizeof(key), "%016" PRIx64, s->fingerprint);
    const struct outbox_message m = {
        .topic = topic, .partition = 0, .key = slice_of(key), .value = slice_of(s->text)};
    return outbox_put(o, &m, e);
}

static int write_missing(struct schema_topic *t, const enum record_type *types, size_t n,
                         struct err *e)
{
    char topic[KAFKA_NAME_MAX + 1];
    if (kafka_name(t->settings, SCHEMA_TOPIC, topic, e) != 0)
        return -1;
    struct outbox *o = outbox_open(t->settings, e);
    int r = o ? 0 : -1;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (!has(t, types[i]))
            r = put(o, topic, types[i], e);
    if (r == 0)
        r = outbox_flush(o, e);
    outbox_close(o);
    return r;
}

int schema_topic_publish(struct schema_topic *t, const enum record_type *types, size_t n,
                         size_t *ret_written, struct err *e)
{
    size_t missing = 0;
    if (catch_up(t, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        missing += !has(t, types[i]);
    if (missing > 0 && write_missing(t, types, n, e) != 0)
        return -1;
    *ret_written = missing;
    return 0;
}
