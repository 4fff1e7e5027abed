#include "session.h"

#include "clock.h"
#include "emitter.h"
#include "failpoint.h"
#include "log.h"
#include "part.h"
#include "timefmt.h"

#include <stdlib.h>

enum { POLL_MS = 100 };

struct session {
    const struct runtime *rt;
    struct reader *reader;
    struct txn *txn;
    struct group *group;
    struct part *parts; /* one for each partition of the input; those assigned have a state */
    struct group_offset *offsets;
    struct emitter emitter;
    int64_t first_us;  /* when the first uncommitted input was applied, 0: none */
    int64_t commit_us; /* of the last commit */
    bool progress;
    struct kafka_message batch[GROUP_BATCH_MAX];
};

/* --- assignment ------------------------------------------------------------------------------ */

static void drop_parts(struct session *s)
{
    for (int32_t i = 0; i < s->rt->partitions; i++)
        part_finish(&s->parts[i], s->rt);
    s->first_us = 0;
    metric_set(s->rt->metrics.assigned, 0);
}

static int on_assign(void *ctx, struct group_offset *given, size_t n, struct err *e)
{
    struct session *s = ctx;
    const struct runtime *rt = s->rt;
    for (size_t i = 0; i < n; i++) {
        if (given[i].partition < 0 || given[i].partition >= rt->partitions)
            return err_set(e, ERR_STATE, "%s grew from %d partitions while we ran", rt->ops->input,
                           rt->partitions);
        struct part *p = &s->parts[given[i].partition];
        if (part_restore(p, rt, s->reader, &given[i], &given[i].next_offset, e) != 0)
            return -1;
    }
    metric_set(rt->metrics.assigned, (int64_t)n);
    health_ready(rt->program->health, "assignment");
    return 0;
}

static void on_revoke(void *ctx)
{
    struct session *s = ctx;
    drop_parts(s);
    health_wait(s->rt->program->health, "assignment", "partitions were revoked");
}

/* --- life ------------------------------------------------------------------------------------ */

static int know_outputs(struct session *s, struct err *e)
{
    const struct runtime *rt = s->rt;
    const char *topics[FOLD_OUTPUTS_MAX + 3] = {rt->state_topic, rt->images_topic};
    for (int i = 0; rt->ops->outputs[i]; i++)
        topics[i + 2] = rt->outputs[i];
    return txn_know(s->txn, topics, e);
}

static int open_clients(struct session *s, struct err *e)
{
    const struct runtime *rt = s->rt;
    s->reader = reader_open(&rt->kafka, e);
    /* the producer first: it settles what its predecessor left open, which the group's committed
     * offsets would otherwise wait for */
    if (s->reader)
        s->txn = txn_open(&rt->kafka, rt->transactional_id, e);
    if (!s->txn || know_outputs(s, e) != 0)
        return -1;
    const char *const topics[] = {rt->ops->input, NULL};
    const struct group_about about = {.group = rt->id,
                                      .topics = topics,
                                      .instance = rt->options.instance,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = s,
                                      .offsets_in_kafka = true};
    s->group = group_open(&rt->kafka, &about, e);
    return s->group ? 0 : -1;
}

struct session *session_open(const struct runtime *rt, struct err *e)
{
    struct session *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "%s: out of memory", rt->id);
        return NULL;
    }
    s->rt = rt;
    s->parts = calloc((size_t)rt->partitions, sizeof(*s->parts));
    s->offsets = calloc((size_t)rt->partitions, sizeof(*s->offsets));
    if (!s->parts || !s->offsets)
        (void)err_set(e, ERR_NOMEM, "%s: out of memory", rt->id);
    else if (open_clients(s, e) == 0) {
        emitter_init(&s->emitter, rt, s->txn);
        return s;
    }
    session_close(s);
    return NULL;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    if (s->parts && s->group)
        drop_parts(s); /* what is left uncommitted must not be committed by the close below */
    txn_close(s->txn);
    group_close(s->group);
    reader_close(s->reader);
    emitter_finish(&s->emitter);
    free(s->parts);
    free(s->offsets);
    free(s);
}

bool session_made_progress(const struct session *s)
{
    return s->progress;
}

/* --- commit ---------------------------------------------------------------------------------- */

static int write_images(struct session *s, int64_t now_us, struct err *e)
{
    for (int32_t i = 0; i < s->rt->partitions; i++)
        if (part_has_news(&s->parts[i]) && part_image(&s->parts[i], s->rt, s->txn, now_us, e) != 0)
            return -1;
    return 0;
}

static void after_commit(struct session *s, int64_t now_us)
{
    for (int32_t i = 0; i < s->rt->partitions; i++)
        if (part_has_news(&s->parts[i]))
            part_committed(&s->parts[i]);
    s->first_us = 0;
    s->commit_us = now_us;
    s->progress = true;
    emitter_committed(&s->emitter);
    metric_inc(s->rt->metrics.commits, 1);
}

/* Outputs, images and input offsets, or none of them. */
static int commit(struct session *s, struct err *e)
{
    int64_t now_us = clock_mono_us();
    if (!txn_is_open(s->txn) && txn_begin(s->txn, e) != 0)
        return -1;
    if (write_images(s, now_us, e) != 0)
        return -1;
    size_t n = 0;
    for (int32_t i = 0; i < s->rt->partitions; i++)
        if (part_has_news(&s->parts[i]))
            part_offset(&s->parts[i], &s->offsets[n++]);
    if (txn_commit(s->txn, s->group, s->offsets, n, e) != 0)
        return -1;
    after_commit(s, clock_mono_us());
    return 0;
}

static bool commit_is_due(const struct session *s, int64_t now_us)
{
    const struct runtime_options *o = &s->rt->options;
    if (s->first_us == 0 || now_us - s->commit_us < o->commit_min_ms * US_PER_MS)
        return false;
    return emitter_is_urgent(&s->emitter) ||
           now_us - s->first_us >= o->commit_interval_ms * US_PER_MS;
}

/* --- turn ------------------------------------------------------------------------------------ */

static int apply(struct session *s, const struct kafka_message *m, struct err *e)
{
    struct part *p = &s->parts[m->partition];
    if (!p->state)
        return err_set(e, ERR_STATE, "a record of partition %d, which is not ours", m->partition);
    if (m->offset < p->next_offset) {
        emitter_input(&s->emitter, m, &p->poison, false);
        return emitter_look(&s->emitter, e);
    }
    if (part_is_live(p) && part_keep(p, s->rt, s->txn, m, e) != 0)
        return -1;
    emitter_input(&s->emitter, m, &p->poison, part_is_live(p));
    if (emitter_apply(&s->emitter, p->state, e) != 0)
        return -1;
    if (!part_is_live(p))
        FAILPOINT(RESTORE_INPUT);
    p->next_offset = m->offset + 1;
    p->image_records++;
    return 0;
}

static int apply_batch(struct session *s, ssize_t n, struct err *e)
{
    for (ssize_t i = 0; i < n; i++)
        if (apply(s, &s->batch[i], e) != 0)
            return -1;
    return 0;
}

/* Offsets only count from where outputs are new: before that the group already stands further. */
static void note_news(struct session *s, int64_t now_us)
{
    for (int32_t i = 0; s->first_us == 0 && i < s->rt->partitions; i++)
        if (part_has_news(&s->parts[i]))
            s->first_us = now_us;
}

/* By the consumer's position, which counts the markers of transactions that hold no input. */
static void show_lag(struct session *s)
{
    int64_t lag = 0;
    for (int32_t i = 0; i < s->rt->partitions; i++) {
        if (!s->parts[i].state)
            continue;
        int64_t at = group_position(s->group, 0, i);
        int64_t end = group_end_offset(s->group, 0, i);
        at = at > s->parts[i].next_offset ? at : s->parts[i].next_offset;
        lag += end > at ? end - at : 0;
    }
    metric_set(s->rt->metrics.lag, lag);
}

/* A revoke drops the parts inside the poll; what they had in the transaction must go too. */
static int settle_revoke(struct session *s, struct err *e)
{
    if (s->first_us != 0 || !txn_is_open(s->txn))
        return 0;
    metric_inc(s->rt->metrics.aborts, 1);
    emitter_committed(&s->emitter);
    return txn_abort(s->txn, e);
}

static int poll_ms(const struct session *s)
{
    if (s->first_us == 0)
        return POLL_MS;
    int64_t left_us = s->first_us + s->rt->options.commit_interval_ms * US_PER_MS - clock_mono_us();
    if (emitter_is_urgent(&s->emitter))
        left_us = s->commit_us + s->rt->options.commit_min_ms * US_PER_MS - clock_mono_us();
    return left_us <= 0 ? 0 : (int)(left_us / US_PER_MS) + 1;
}

int session_turn(struct session *s, struct err *e)
{
    ssize_t n = group_poll(s->group, poll_ms(s), s->batch, GROUP_BATCH_MAX, e);
    if (n < 0 || settle_revoke(s, e) != 0)
        return -1;
    int r = apply_batch(s, n, e);
    group_release(s->group, s->batch, n);
    if (r != 0)
        return -1;
    metric_inc(s->rt->metrics.consumed, n);
    int64_t now_us = clock_mono_us();
    note_news(s, now_us);
    show_lag(s);
    return commit_is_due(s, now_us) ? commit(s, e) : 0;
}

int session_finish(struct session *s, struct err *e)
{
    return s->first_us != 0 ? commit(s, e) : 0;
}
