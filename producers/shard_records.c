#include "shard_records.h"

#include "shard_writer.h"

#include <inttypes.h>
#include <stdio.h>

enum { VALUE_MAX_BYTES = 1 << 20 };

int shard_records_init(struct shard_records *r, const struct shard_env *env, struct err *e)
{
    const struct kafka_settings *s = env->settings;
    r->env = env;
    strbuf_init(&r->value, VALUE_MAX_BYTES);
    if (kafka_name(s, "trades", r->topics[SHARD_TRADES], e) != 0 ||
        kafka_name(s, "feeds", r->topics[SHARD_FEEDS], e) != 0 ||
        kafka_name(s, env->progress_topic, r->topics[SHARD_PROGRESS], e) != 0 ||
        kafka_name(s, "instruments", r->topics[SHARD_INSTRUMENTS], e) != 0)
        return -1;
    return kafka_name(s, "dead-letters", r->topics[SHARD_DEAD_LETTERS], e);
}

void shard_records_finish(struct shard_records *r)
{
    strbuf_finish(&r->value);
}

int shard_records_know(struct shard_records *r, struct err *e)
{
    const char *const topics[] = {r->topics[SHARD_TRADES], r->topics[SHARD_FEEDS],
                                  r->topics[SHARD_PROGRESS], r->topics[SHARD_INSTRUMENTS], NULL};
    return txn_know(r->txn, topics, e);
}

static void add_header(struct txn_record *r, const char *name, struct slice value)
{
    r->headers[r->n_headers++] = (struct txn_header){name, value};
}

static int put_bad(struct shard_records *r, const struct shard_output *out, struct err *e)
{
    char bytes[24];
    struct txn_record t = {.topic = r->topics[out->topic],
                           .partition = RD_KAFKA_PARTITION_UA,
                           .key = out->key,
                           .value = out->bad->data};
    if (!t.value.data)
        t.value = slice_of(""); /* an empty frame is no tombstone */
    add_header(&t, "dlq.reason", out->bad->text);
    add_header(&t, "dlq.stage", slice_of("producer"));
    add_header(&t, "dlq.exchange", slice_of(r->env->exchange));
    if (out->bad->frame_len > (int64_t)out->bad->data.len) {
        int n = snprintf(bytes, sizeof(bytes), "%" PRId64, out->bad->frame_len);
        add_header(&t, "dlq.whole_bytes", slice_make(bytes, (size_t)n));
    }
    return txn_produce(r->txn, &t, e);
}

/* Progress is ours alone: whoever reads it must not need a registry. */
static int encode(struct shard_records *r, const struct shard_output *out, struct err *e)
{
    strbuf_reset(&r->value);
    if (out->topic == SHARD_PROGRESS)
        return record_encode(out->record, &r->value, e);
    return framing_encode(&r->env->framed[out->topic], out->record, &r->value, e);
}

int shard_records_put(void *ctx, const struct shard_output *out, struct err *e)
{
    struct shard_records *r = ctx;
    if (!out->record)
        return put_bad(r, out, e);
    if (encode(r, out, e) != 0)
        return -1;
    struct txn_record t = {.topic = r->topics[out->topic],
                           .partition = out->partition == SHARD_BY_KEY ? RD_KAFKA_PARTITION_UA
                                                                       : out->partition,
                           .key = out->key,
                           .value = strbuf_slice(&r->value)};
    if (out->record->type == RECORD_TICK || out->record->type == RECORD_FEED)
        add_header(&t, "kind", slice_of(record_type_name(out->record->type)));
    return txn_produce(r->txn, &t, e);
}
