/* cw-tap --lineage: the trades that a candle was made of. */
#include "kafka/reader.h"
#include "kafka/topics.h"
#include "kafka/txn.h"
#include "log.h"
#include "tap.h"
#include "tap_lineage.h"

#include <inttypes.h>
#include <stdlib.h>

static const char TRADES[] = "trades";
static const char DEFAULT_TOPIC[] = "candles.1m";

enum { COMMAND_MAX = 4096 };

struct search {
    struct tap *tap;
    struct reader *reader;
    const char *topic; /* of the candle, without the prefix */
    struct lineage_key key;
    int32_t partitions;  /* of that topic */
    struct strbuf value; /* of the candle's newest record */
    int64_t offset;
    struct record record; /* the candle; it lives in value */
    struct record trade;
    struct lineage lineage;
    int64_t records; /* of trades that were read: what the console consumer counts */
};

/* --- the candle ------------------------------------------------------------------------------- */

static int keep_newest(struct search *s, int32_t partition, struct err *e)
{
    struct kafka_message m;
    int64_t low;
    int64_t high;
    int got = reader_watermarks(s->reader, s->topic, partition, &low, &high, e);
    if (got == 0)
        got = reader_begin(s->reader, s->topic, partition, low, high, e);
    s->offset = -1;
    while (got == 0 && (got = reader_next(s->reader, &m, e)) == 1) {
        got = 0;
        if (!slice_is(m.key, s->key.text))
            continue;
        strbuf_reset(&s->value);
        s->offset = m.tombstone ? -1 : m.offset;
        if (strbuf_add(&s->value, m.value.data, m.value.len) != 0)
            return strbuf_full(&s->value, "a candle", e);
    }
    return got;
}

static int find_candle(struct search *s, struct err *e)
{
    int32_t partition = txn_partition(slice_of(s->key.base), s->partitions);
    if (keep_newest(s, partition, e) != 0)
        return -1;
    if (s->offset < 0)
        return err_set(e, ERR_NOT_FOUND, "no candle %s in %s%s, partition %d", s->key.text,
                       s->tap->kafka.prefix, s->topic, partition);
    if (tap_decode(s->tap, strbuf_slice(&s->value), &s->record, e) != 0)
        return e->code == ERR_STOPPED ? -1 : err_prefix(e, "%s", s->key.text);
    if (s->record.type != RECORD_CANDLE)
        return err_set(e, ERR_CONF, "%s%s holds no candles, but a %s", s->tap->kafka.prefix,
                       s->topic, record_type_name(s->record.type));
    return 0;
}

static void say_candle(const struct search *s)
{
    const struct candle *c = &s->record.candle;
    log_info("tap", "candle", LOG_STR("key", s->key.text), LOG_STR("topic", s->topic),
             LOG_INT("offset", s->offset), LOG_STR("status", candle_status_name(c->status)),
             LOG_INT("revision", c->revision), LOG_STR("coverage", coverage_name(c->coverage)),
             LOG_INT("trades", c->trades),
             LOG_INT("trades_partition", c->has_partition ? c->partition : -1),
             LOG_INT("first_offset", c->has_first_offset ? c->first_offset : -1),
             LOG_INT("last_offset", c->has_last_offset ? c->last_offset : -1));
}

/* --- its trades ------------------------------------------------------------------------------- */

static int take(struct search *s, const struct kafka_message *m, struct err *e)
{
    const struct tap_place place = {m->partition, m->offset, m->timestamp_ms * US_PER_MS, m->key,
                                    m->key.data != NULL};
    struct err why = {0};
    s->records++;
    if (m->tombstone)
        return 0;
    if (tap_decode(s->tap, m->value, &s->trade, &why) != 0) {
        if (why.code == ERR_STOPPED) {
            *e = why;
            return -1;
        }
        s->tap->refused++;
        log_warn("tap", "a record cannot be decoded", LOG_STR("topic", TRADES),
                 LOG_INT("partition", m->partition), LOG_INT("offset", m->offset), LOG_ERR(&why));
        return 0;
    }
    if (s->trade.type != RECORD_TRADE || !lineage_holds(&s->record.candle, &s->trade.trade))
        return 0;
    if (lineage_add(&s->lineage, &s->trade.trade, e) != 0)
        return -1;
    return tap_output_line(&s->tap->out, &s->trade, &place, e);
}

static int print_trades(struct search *s, struct err *e)
{
    const struct candle *c = &s->record.candle;
    struct kafka_message m;
    int64_t low;
    int64_t high;
    if (reader_watermarks(s->reader, TRADES, c->partition, &low, &high, e) != 0)
        return -1;
    if (c->first_offset < low)
        return err_set(e, ERR_STATE,
                       "%s%s partition %d begins at offset %lld: retention has removed some or all "
                       "of the candle's trades, which lie from %lld to %lld",
                       s->tap->kafka.prefix, TRADES, c->partition, (long long)low,
                       (long long)c->first_offset, (long long)c->last_offset);
    int got = reader_begin(s->reader, TRADES, c->partition, c->first_offset, c->last_offset + 1, e);
    while (got == 0 && (got = reader_next(s->reader, &m, e)) == 1)
        got = take(s, &m, e);
    return got == 0 ? tap_output_flush(&s->tap->out, e) : -1;
}

/* The line that shows the same bytes with nothing of ours. */
static int say_command(const struct search *s, struct err *e)
{
    const struct candle *c = &s->record.candle;
    struct strbuf line = STRBUF_INIT(COMMAND_MAX);
    int r = strbuf_addf(&line,
                        "kafka-console-consumer --bootstrap-server %s --topic %s%s --partition "
                        "%" PRId32 " --offset %" PRId64 " --max-messages %" PRId64
                        " --isolation-level read_committed",
                        s->tap->kafka.brokers, s->tap->kafka.prefix, TRADES, c->partition,
                        c->first_offset, s->records);
    if (r == 0)
        log_info("tap", "the same bytes, with Kafka's own tool",
                 LOG_SLICE("command", strbuf_slice(&line)));
    else
        r = strbuf_full(&line, "the command", e);
    strbuf_finish(&line);
    return r;
}

/* --- all -------------------------------------------------------------------------------------- */

static int run(struct search *s, struct err *e)
{
    const char *const names[] = {s->topic, TRADES, NULL};
    int32_t counts[2];
    if (kafka_settings_check(&s->tap->kafka, e) != 0 ||
        topics_await(&s->tap->kafka, s->tap->program->health, names, counts, e) != 0)
        return -1;
    s->partitions = counts[0];
    s->reader = reader_open(&s->tap->kafka, e);
    if (!s->reader || find_candle(s, e) != 0)
        return -1;
    say_candle(s);
    const struct candle *c = &s->record.candle;
    if (!c->has_partition || !c->has_first_offset || !c->has_last_offset)
        return 0; /* it has no trades, and has said so */
    if (print_trades(s, e) != 0 || say_command(s, e) != 0)
        return -1;
    return lineage_agrees(&s->lineage, c, e);
}

int tap_candle(struct tap *t, struct err *e)
{
    struct search *s = calloc(1, sizeof(*s)); /* large: two records */
    if (!s)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->tap = t;
    s->topic = *t->settings->topic ? t->settings->topic : DEFAULT_TOPIC;
    strbuf_init(&s->value, RECORD_MAX_BYTES);
    int r = lineage_parse(t->settings->lineage, &s->key, e);
    if (r == 0)
        r = run(s, e);
    reader_close(s->reader);
    lineage_finish(&s->lineage);
    strbuf_finish(&s->value);
    free(s);
    return r;
}
