#include "tape_writer.h"

#include "clock.h"
#include "kafka/topics.h"
#include "kafka/txn.h"
#include "timefmt.h"

#include <stdlib.h>
#include <time.h>

enum { NAP_US = 500 };

struct tape_writer {
    struct tape_writer_about about;
    struct tape *tape;
    struct txn *txn;
    char topic[KAFKA_NAME_MAX + 1];
    struct strbuf value;
    int64_t start_us;  /* clock_mono_us() at the tape's beginning */
    int64_t commit_us; /* when the open transaction is due */
};

static int open_topic(struct tape_writer *w, struct err *e)
{
    static const char *const names[] = {"trades", NULL};
    const struct kafka_settings *k = w->about.kafka;
    if (kafka_name(k, names[0], w->topic, e) != 0)
        return -1;
    return topics_await(k, k->health, names, &w->about.tape.partitions, e);
}

struct tape_writer *tape_writer_open(const struct tape_writer_about *about, struct err *e)
{
    struct tape_writer *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "tape: out of memory");
        return NULL;
    }
    w->about = *about;
    strbuf_init(&w->value, RECORD_MAX_BYTES);
    if (open_topic(w, e) == 0)
        w->tape = tape_create(&w->about.tape, e);
    if (w->tape)
        w->txn = txn_open(about->kafka, "bench-load", e);
    const char *const topics[] = {w->topic, NULL};
    if (!w->txn || txn_know(w->txn, topics, e) != 0) {
        tape_writer_close(w);
        return NULL;
    }
    w->start_us = clock_mono_us();
    return w;
}

void tape_writer_close(struct tape_writer *w)
{
    if (!w)
        return;
    txn_close(w->txn);
    tape_destroy(w->tape);
    strbuf_finish(&w->value);
    free(w);
}

int64_t tape_writer_due_us(const struct tape_writer *w, int64_t at_us)
{
    return w->start_us + at_us - w->about.tape.start_us;
}

int tape_writer_commit(struct tape_writer *w, struct err *e)
{
    if (!txn_is_open(w->txn))
        return 0;
    if (txn_commit(w->txn, NULL, NULL, 0, e) != 0)
        return -1;
    if (w->about.on_commit)
        w->about.on_commit(w->about.ctx);
    return 0;
}

static int commit_if_due(struct tape_writer *w, struct err *e)
{
    return txn_is_open(w->txn) && clock_mono_us() >= w->commit_us ? tape_writer_commit(w, e) : 0;
}

/* 1: asked to stop. */
static int wait_until(struct tape_writer *w, int64_t due_us, struct err *e)
{
    const struct timespec nap = {0, NAP_US * 1000};
    while (clock_mono_us() < due_us) {
        if (kafka_stopping(w->about.kafka))
            return 1;
        if (commit_if_due(w, e) != 0)
            return -1;
        (void)nanosleep(&nap, NULL); /* a signal ends it early, which is what we want */
    }
    return kafka_stopping(w->about.kafka) ? 1 : 0;
}

static int produce(struct tape_writer *w, const struct tape_record *in, struct err *e)
{
    strbuf_reset(&w->value);
    if (record_encode(&in->record, &w->value, e) != 0)
        return -1;
    struct txn_record r = {.topic = w->topic,
                           .partition = in->partition,
                           .key = in->key,
                           .value = strbuf_slice(&w->value)};
    if (in->record.type != RECORD_TRADE)
        r.headers[r.n_headers++] =
            (struct txn_header){"kind", slice_of(record_type_name(in->record.type))};
    return txn_produce(w->txn, &r, e);
}

int tape_writer_step(struct tape_writer *w, struct tape_record *ret, struct err *e)
{
    if (commit_if_due(w, e) != 0)
        return -1;
    tape_next(w->tape, ret);
    int r = w->about.paced ? wait_until(w, tape_writer_due_us(w, ret->at_us), e)
                           : kafka_stopping(w->about.kafka);
    if (r != 0)
        return r;
    if (!txn_is_open(w->txn)) {
        w->commit_us = clock_mono_us() + w->about.commit_ms * US_PER_MS;
        if (txn_begin(w->txn, e) != 0)
            return -1;
    }
    return produce(w, ret, e);
}
