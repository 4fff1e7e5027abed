#include "emitter.h"

#include "clock.h"

#include <inttypes.h>

static int ensure_transaction(struct emitter *m, struct err *e)
{
    return txn_is_open(m->txn) ? 0 : txn_begin(m->txn, e);
}

/* As text; the same for all that comes of one input. */
static struct slice input_offset(struct emitter *m)
{
    if (m->input_offset[0] == '\0')
        (void)snprintf(m->input_offset, sizeof(m->input_offset), "%" PRId64, m->input->offset);
    return slice_of(m->input_offset);
}

static int emit(void *ctx, const struct fold_output *out, struct err *e)
{
    struct emitter *m = ctx;
    if (!m->live)
        return 0;
    strbuf_reset(&m->value);
    if (out->record && framing_encode(&m->rt->framed[out->topic], out->record, &m->value, e) != 0)
        return -1;
    const struct txn_record r = {
        .topic = m->rt->outputs[out->topic],
        .partition = m->input->partition,
        .key = out->key,
        .value = out->record ? strbuf_slice(&m->value) : (struct slice){NULL, 0},
        .headers = {{"input", input_offset(m)}, {"config", slice_of(m->rt->configuration.digest)}},
        .n_headers = 2,
    };
    if (ensure_transaction(m, e) != 0 || txn_produce(m->txn, &r, e) != 0)
        return -1;
    m->urgent |= out->urgent;
    metric_inc(m->rt->metrics.emitted[out->topic], 1);
    metric_set(m->rt->metrics.last_write_us, clock_real_us());
    return 0;
}

/* Where the input came from and what is wrong with it, as headers. */
struct letter_texts {
    char partition[16];
    char offset[24];
    char bytes[24];
};

static struct txn_record letter_of(const struct emitter *m, const char *reason,
                                   struct letter_texts *texts)
{
    const struct kafka_message *in = m->input;
    (void)snprintf(texts->partition, sizeof(texts->partition), "%d", in->partition);
    (void)snprintf(texts->offset, sizeof(texts->offset), "%" PRId64, in->offset);
    (void)snprintf(texts->bytes, sizeof(texts->bytes), "%zu", in->value.len);
    struct txn_record r = {
        .topic = m->rt->dead_letters,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = kafka_cut(in->key, KAFKA_LETTER_KEY_MAX),
        .value = kafka_cut(in->value, KAFKA_LETTER_VALUE_MAX),
        .headers = {{"dlq.stage", slice_of(m->rt->id)},
                    {"dlq.reason", slice_of(reason)},
                    {"dlq.topic", slice_of(m->rt->ops->input)},
                    {"dlq.partition", slice_of(texts->partition)},
                    {"dlq.offset", slice_of(texts->offset)}},
        .n_headers = 5,
    };
    if (in->value.len > KAFKA_LETTER_VALUE_MAX)
        r.headers[r.n_headers++] = (struct txn_header){"dlq.whole_bytes", slice_of(texts->bytes)};
    return r;
}

static int refuse(void *ctx, const char *reason, struct err *e)
{
    struct emitter *m = ctx;
    if (!m->live)
        return 0;
    struct letter_texts texts;
    const struct txn_record r = letter_of(m, reason, &texts);
    metric_inc(m->rt->metrics.refused, 1);
    if (*m->rt->options.replay.into) /* it is there already, from when this was live */
        return 0;
    return ensure_transaction(m, e) != 0 ? -1 : txn_produce(m->txn, &r, e);
}

static void count(void *ctx, int n, int64_t by)
{
    struct emitter *m = ctx;
    if (m->live)
        metric_inc(m->rt->metrics.counters[n], by);
}

void emitter_init(struct emitter *m, const struct runtime *rt, struct txn *txn)
{
    *m = (struct emitter){.rt = rt, .txn = txn, .value = STRBUF_INIT(RECORD_MAX_BYTES)};
}

void emitter_finish(struct emitter *m)
{
    strbuf_finish(&m->value);
}

void emitter_input(struct emitter *m, const struct kafka_message *input, struct poison *poison,
                   bool live)
{
    m->input = input;
    m->poison = poison;
    m->input_offset[0] = '\0';
    m->live = live;
}

/* 0: it can be read; 1: it cannot, *ret_why says why; -1: its schema cannot be asked for: the
 * session ends, and begins here again. */
static int read_input(struct emitter *m, struct record *ret, struct err *ret_why, struct err *e)
{
    struct err why = {0};
    if (m->input->tombstone)
        (void)err_set(&why, ERR_PROTO, "no value");
    else if (framing_decode(m->rt->framing, m->input->value, ret, &why) == 0) {
        if (m->rt->ops->takes & FOLD_TAKES(ret->type))
            return 0;
        (void)err_set(&why, ERR_PROTO, "a record of type %s among %s", record_type_name(ret->type),
                      m->rt->ops->input);
    } else if (why.retriable || why.code == ERR_STOPPED) {
        *e = why;
        return -1;
    }
    *ret_why = why;
    return 1;
}

static int unreadable(struct emitter *m, const struct err *why, struct err *e)
{
    const struct poison_last last = {.topic = m->rt->ops->input,
                                     .partition = m->input->partition,
                                     .offset = m->input->offset,
                                     .count = poison_note(m->poison, m->input->offset),
                                     .reason = why->text};
    if (m->live && last.count > m->rt->options.poison_max)
        return poison_stop(&last, e);
    return refuse(m, why->text, e);
}

int emitter_look(struct emitter *m, struct err *e)
{
    struct record record;
    struct err why;
    int r = read_input(m, &record, &why, e);
    if (r > 0)
        (void)poison_note(m->poison, m->input->offset);
    return r < 0 ? -1 : 0;
}

int emitter_apply(struct emitter *m, void *state, struct err *e)
{
    struct record record;
    struct err why;
    int r = read_input(m, &record, &why, e);
    if (r != 0)
        return r < 0 ? -1 : unreadable(m, &why, e);
    const struct fold_input in = {m->input->partition, m->input->offset, &record};
    const struct fold_sink sink = {m, emit, refuse, count};
    return m->rt->ops->apply(state, &in, &sink, e);
}

bool emitter_is_urgent(const struct emitter *m)
{
    return m->urgent;
}

void emitter_committed(struct emitter *m)
{
    m->urgent = false;
}
