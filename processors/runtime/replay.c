#include "replay.h"

#include "clock.h"
#include "emitter.h"
#include "kafka/spans.h"
#include "lane.h"
#include "log.h"
#include "pace.h"
#include "progress_bar.h"
#include "replay_options.h"
#include "replay_target.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum { HEADS = 500, TAKE_MS = 100, SLICE_MS = 50, AWAIT_S = 5, COMMANDS_MAX = 64 * 1024 };

/* Messages of a lane that were read and not yet folded. */
struct heads {
    struct kafka_message batch[HEADS];
    ssize_t n;
    ssize_t at;
    int64_t empty_us; /* since when there is none, 0: there was one */
};

struct replay {
    const struct runtime *rt;
    struct range range;
    struct pace pace;
    struct reader *reader;
    struct spans *spans;
    struct txn *txn;
    struct emitter emitter;
    struct lane *lanes;
    struct heads *heads; /* of each lane */
    int32_t *partitions; /* of each lane */
    size_t n;
    size_t turn;      /* whose turn it is where there is no pace */
    int64_t first_us; /* when the first uncommitted output was written, 0: none */
    struct progress_bar bar;
};

/* --- beginning ------------------------------------------------------------------------------- */

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "replay: out of memory");
}

static int pick_partitions(struct replay *p, struct err *e)
{
    int32_t count = p->rt->partitions;
    bool *marks = calloc((size_t)count, sizeof(*marks));
    p->partitions = calloc((size_t)count, sizeof(*p->partitions));
    int r = marks && p->partitions ? 0 : no_memory(e);
    if (r == 0)
        r = replay_mark_partitions(p->rt->options.replay.partitions, count, marks, e);
    for (int32_t i = 0; r == 0 && i < count; i++)
        if (marks[i])
            p->partitions[p->n++] = i;
    free(marks);
    return r;
}

static int begin_lanes(struct replay *p, struct err *e)
{
    p->lanes = calloc(p->n, sizeof(*p->lanes));
    p->heads = calloc(p->n, sizeof(*p->heads));
    if (!p->lanes || !p->heads)
        return no_memory(e);
    for (size_t i = 0; i < p->n; i++)
        if (lane_begin(&p->lanes[i], p->rt, p->reader, &p->range, p->partitions[i], e) != 0)
            return -1;
    return 0;
}

static int open_spans(struct replay *p, struct err *e)
{
    struct span *wanted = calloc(p->n, sizeof(*wanted));
    if (!wanted)
        return no_memory(e);
    for (size_t i = 0; i < p->n; i++)
        wanted[i] = (struct span){p->lanes[i].partition, p->lanes[i].next_offset, p->lanes[i].end};
    p->spans = spans_open(&p->rt->kafka, p->rt->ops->input, wanted, p->n, e);
    free(wanted);
    return p->spans ? 0 : -1;
}

static int know_outputs(struct replay *p, struct err *e)
{
    const char *topics[FOLD_OUTPUTS_MAX + 1] = {NULL};
    for (int i = 0; p->rt->ops->outputs[i]; i++)
        topics[i] = p->rt->outputs[i];
    return txn_know(p->txn, topics, e);
}

static int begin(struct replay *p, struct err *e)
{
    const struct runtime *rt = p->rt;
    if (pace_parse(rt->options.replay.speed, &p->pace, e) != 0 || pick_partitions(p, e) != 0 ||
        replay_range(&rt->options.replay, clock_real_us(), &p->range, e) != 0)
        return -1;
    p->reader = reader_open(&rt->kafka, e);
    if (!p->reader || begin_lanes(p, e) != 0)
        return -1;
    /* the transactional id first: another replay into the same topics ends here, not in the middle
     * of ours */
    p->txn = txn_open(&rt->kafka, rt->transactional_id, e);
    if (!p->txn || replay_targets_prepare(rt, p->reader, p->partitions, p->n, e) != 0 ||
        know_outputs(p, e) != 0)
        return -1;
    emitter_init(&p->emitter, rt, p->txn);
    return open_spans(p, e);
}

static void finish(struct replay *p)
{
    for (size_t i = 0; p->heads && i < p->n; i++)
        spans_release(p->heads[i].batch + p->heads[i].at, p->heads[i].n - p->heads[i].at);
    spans_close(p->spans);
    txn_close(p->txn);
    reader_close(p->reader);
    emitter_finish(&p->emitter);
    for (size_t i = 0; p->lanes && i < p->n; i++)
        lane_finish(&p->lanes[i], p->rt);
    free(p->lanes);
    free(p->heads);
    free(p->partitions);
}

/* --- going ----------------------------------------------------------------------------------- */

static int64_t total_of(const struct replay *p)
{
    int64_t total = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->lanes[i].end > p->lanes[i].begin)
            total += p->lanes[i].end - p->lanes[i].begin;
    return total;
}

/* What is done counts as a whole: there may be nothing but markers behind the last record. */
static int64_t done_of(const struct replay *p)
{
    int64_t done = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct lane *l = &p->lanes[i];
        bool whole = spans_is_done(p->spans, i) && p->heads[i].at == p->heads[i].n;
        int64_t to = whole ? l->end : l->next_offset;
        done += to > l->begin ? to - l->begin : 0;
    }
    return done;
}

static int commit(struct replay *p, struct err *e)
{
    p->first_us = 0;
    if (!txn_is_open(p->txn))
        return 0;
    if (txn_commit(p->txn, NULL, NULL, 0, e) != 0)
        return -1;
    metric_inc(p->rt->metrics.commits, 1);
    return 0;
}

static int commit_if_due(struct replay *p, struct err *e)
{
    int64_t now_us = clock_mono_us();
    if (p->first_us == 0 && txn_is_open(p->txn))
        p->first_us = now_us;
    bool due =
        p->first_us != 0 && now_us - p->first_us >= p->rt->options.commit_interval_ms * US_PER_MS;
    return due ? commit(p, e) : 0;
}

/* Waits until the message is due. What is written by then is committed, not kept waiting. */
static int keep_pace(struct replay *p, const struct kafka_message *m, struct err *e)
{
    int64_t due_us = pace_due_us(&p->pace, m->timestamp_ms, clock_mono_us());
    while (clock_mono_us() < due_us) {
        int64_t left_ms = (due_us - clock_mono_us()) / US_PER_MS + 1;
        if (commit_if_due(p, e) != 0)
            return -1;
        if (!program_pause(p->rt->program, left_ms < SLICE_MS ? left_ms : SLICE_MS))
            return err_set(e, ERR_STOPPED, "stopped");
        progress_bar_show(&p->bar, done_of(p), clock_mono_us());
    }
    return 0;
}

static int apply(struct replay *p, size_t i, struct err *e)
{
    struct lane *l = &p->lanes[i];
    struct heads *h = &p->heads[i];
    struct kafka_message *m = &h->batch[h->at];
    bool live = m->offset >= l->from;
    if (live && keep_pace(p, m, e) != 0)
        return -1;
    emitter_input(&p->emitter, m, &l->poison, live);
    if (emitter_apply(&p->emitter, l->state, e) != 0)
        return err_prefix(e, "%s partition %d offset %" PRId64, p->rt->ops->input, l->partition,
                          m->offset);
    l->next_offset = m->offset + 1;
    spans_release(m, 1);
    h->at++;
    return 0;
}

/* Reads more of a lane whose messages are all folded. */
static int refill(struct replay *p, size_t i, int timeout_ms, struct err *e)
{
    struct heads *h = &p->heads[i];
    if (h->at < h->n)
        return 0;
    h->at = 0;
    h->n = 0;
    ssize_t n = spans_take(p->spans, i, timeout_ms, h->batch, HEADS, e);
    if (n < 0)
        return -1;
    h->n = n;
    metric_inc(p->rt->metrics.consumed, n);
    return 0;
}

/* All lanes side by side, a batch of each in turn. */
static int go_in_turn(struct replay *p, struct err *e)
{
    size_t i = p->turn++ % p->n;
    struct heads *h = &p->heads[i];
    if (spans_is_done(p->spans, i) && h->at == h->n)
        return 0;
    if (refill(p, i, TAKE_MS / (int)p->n + 1, e) != 0)
        return -1;
    while (h->at < h->n)
        if (apply(p, i, e) != 0)
            return -1;
    return 0;
}

/* How long to wait for the lane's next message before another's is folded; for a while only, since
 * there may be none before a transaction ends. 0: it is there, or not waited for. */
static int patience_ms(struct replay *p, size_t i)
{
    struct heads *h = &p->heads[i];
    if (h->at < h->n || spans_is_done(p->spans, i)) {
        h->empty_us = 0;
        return 0;
    }
    int64_t now_us = clock_mono_us();
    if (h->empty_us == 0)
        h->empty_us = now_us;
    return now_us - h->empty_us < AWAIT_S * US_PER_S ? TAKE_MS : 0;
}

/* The lane whose next message is the oldest; p->n: none is to be folded yet. */
static int oldest(struct replay *p, size_t *ret, struct err *e)
{
    bool awaited = false;
    *ret = p->n;
    for (size_t i = 0; i < p->n; i++) {
        const struct heads *h = &p->heads[i];
        if (refill(p, i, patience_ms(p, i), e) != 0)
            return -1;
        awaited |= patience_ms(p, i) > 0;
        if (h->at == h->n)
            continue;
        const struct heads *best = *ret < p->n ? &p->heads[*ret] : NULL;
        if (!best || h->batch[h->at].timestamp_ms < best->batch[best->at].timestamp_ms)
            *ret = i;
    }
    if (awaited)
        *ret = p->n;
    return 0;
}

/* All lanes as their records were written. */
static int go_by_time(struct replay *p, struct err *e)
{
    size_t i;
    if (oldest(p, &i, e) != 0)
        return -1;
    return i < p->n ? apply(p, i, e) : 0;
}

static bool is_through(const struct replay *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!spans_is_done(p->spans, i) || p->heads[i].at < p->heads[i].n)
            return false;
    return true;
}

static int go(struct replay *p, struct err *e)
{
    p->bar = progress_bar_begin("replay", total_of(p), clock_mono_us());
    while (!is_through(p)) {
        health_beat(p->rt->program->health);
        if (program_stopping())
            return err_set(e, ERR_STOPPED, "stopped");
        if ((p->pace.speed ? go_by_time(p, e) : go_in_turn(p, e)) != 0 || commit_if_due(p, e) != 0)
            return -1;
        progress_bar_show(&p->bar, done_of(p), clock_mono_us());
    }
    int r = commit(p, e);
    progress_bar_end(&p->bar, done_of(p), clock_mono_us());
    return r;
}

/* --- the end --------------------------------------------------------------------------------- */

/* "0:1200-4999,2:880-4099": which inputs the outputs are of, for cw-verify. */
static void say_inputs(const struct replay *p)
{
    struct strbuf inputs = STRBUF_INIT(COMMANDS_MAX);
    int r = 0;
    for (size_t i = 0; r == 0 && i < p->n; i++)
        r = strbuf_addf(&inputs, "%s%d:%" PRId64 "-%" PRId64, i ? "," : "", p->lanes[i].partition,
                        p->lanes[i].from, p->lanes[i].end - 1);
    if (r == 0)
        log_info(p->rt->id, "replayed", LOG_STR("into", p->rt->options.replay.into),
                 LOG_STR("inputs", inputs.data));
    strbuf_finish(&inputs);
}

/* Where a lane had to end early. */
static int judge_ends(const struct replay *p, struct err *e)
{
    int r = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct lane *l = &p->lanes[i];
        if (!l->cut)
            continue;
        r = err_set(e, ERR_STATE,
                    "%s partition %d: stopped at offset %" PRId64
                    ", from where another configuration was live (%s): replay the rest with that "
                    "one, or --recompute all of it with this one",
                    p->rt->ops->input, l->partition, l->end, l->difference);
        log_error(p->rt->id, "replay stopped early", LOG_ERR(e));
    }
    return r;
}

int replay_run(const struct runtime *rt, struct err *e)
{
    struct replay p = {.rt = rt};
    int r = begin(&p, e);
    if (r == 0) {
        health_ready(rt->program->health, "assignment");
        r = go(&p, e);
        if (r != 0) {
            e->code = e->code == ERR_STOPPED ? ERR_STATE : e->code; /* it did not do its job */
            (void)err_prefix(e, "the topics hold a part of the replay");
        }
    }
    if (r == 0) {
        say_inputs(&p);
        r = judge_ends(&p, e);
    }
    finish(&p);
    return r;
}
