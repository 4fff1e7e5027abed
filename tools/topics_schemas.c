#include "topics_schemas.h"

#include "kafka/reader.h"
#include "kafka/txn.h"

#include <inttypes.h>
#include <stdio.h>

static const char TOPIC[] = "schemas";

enum { KEY_LEN = 16 };

static void key_of(enum record_type type, char ret[KEY_LEN + 1])
{
    (void)snprintf(ret, KEY_LEN + 1, "%016" PRIx64, record_schema(type)->fingerprint);
}

/* The last record of a key decides, as compaction does; a tombstone takes a schema away. */
static int take(void *ctx, const struct kafka_message *m, struct err *e)
{
    (void)e;
    struct schemas_found *f = ctx;
    char key[KEY_LEN + 1];
    for (unsigned t = 0; t < RECORD_TYPES; t++) {
        key_of((enum record_type)t, key);
        if (slice_is(m->key, key))
            f->present[t] = slice_is(m->value, record_schema((enum record_type)t)->text);
    }
    return 0;
}

int topics_schemas_look(const struct kafka_settings *s, struct schemas_found *ret, struct err *e)
{
    struct schemas_found f = {0};
    int64_t low;
    int64_t high;
    struct reader *r = reader_open(s, e);
    if (!r)
        return -1;
    int done = reader_watermarks(r, TOPIC, 0, &low, &high, e);
    if (done == 0)
        done = reader_run(r, TOPIC, 0, low, take, &f, e);
    reader_close(r);
    if (done != 0)
        return -1;
    for (unsigned t = 0; t < RECORD_TYPES; t++)
        f.n_missing += !f.present[t];
    *ret = f;
    return 0;
}

static int produce_missing(struct txn *t, const char *topic, const struct schemas_found *found,
                           struct err *e)
{
    for (unsigned i = 0; i < RECORD_TYPES; i++) {
        if (found->present[i])
            continue;
        char key[KEY_LEN + 1];
        key_of((enum record_type)i, key);
        const struct txn_record record = {
            .topic = topic,
            .partition = 0,
            .key = slice_of(key),
            .value = slice_of(record_schema((enum record_type)i)->text),
        };
        if (txn_produce(t, &record, e) != 0)
            return -1;
    }
    return 0;
}

int topics_schemas_publish(const struct kafka_settings *s, const struct schemas_found *found,
                           struct err *e)
{
    char topic[KAFKA_NAME_MAX + 1];
    if (kafka_name(s, TOPIC, topic, e) != 0)
        return -1;
    struct txn *t = txn_open(s, "cw-topics", e);
    if (!t)
        return -1;
    int r = txn_begin(t, e);
    if (r == 0)
        r = produce_missing(t, topic, found, e);
    if (r == 0)
        r = txn_commit(t, NULL, NULL, 0, e);
    txn_close(t);
    return r;
}
