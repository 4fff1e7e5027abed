#include "intake.h"

#include "clock.h"
#include "timefmt.h"

#include <string.h>

enum { PARTITIONS_MAX = 4096, BAD_LOG_EVERY_S = 10 };

/* One frame's way through the parser. */
struct passage {
    struct intake *in;
    const struct intake_source *from;
    const struct frame *frame;
    int64_t now_us;
    bool foreign;      /* it spoke of a symbol that is not followed */
    bool journal_full; /* the failure is not the frame's */
};

void intake_init(struct intake *in, const struct exchange_ops *ops, const struct channels *listen,
                 const struct universe *u, struct journal *const *journals,
                 const struct producer_metrics *m)
{
    *in = (struct intake){.ops = ops,
                          .listen = *listen,
                          .universe = u,
                          .journals = journals,
                          .metrics = m,
                          .bad_limit = {.interval_us = BAD_LOG_EVERY_S * US_PER_S}};
}

static int append(struct intake *in, uint32_t shard, const struct entry *entry, int64_t now_us,
                  struct err *e)
{
    return journal_append(in->journals[shard], entry, now_us, e);
}

static int on_trade(struct passage *p, const struct event *ev, struct err *e)
{
    const struct universe *u = p->in->universe;
    int64_t i = universe_find(u, ev->native_symbol);
    if (i < 0) {
        p->foreign = true;
        return 0;
    }
    if (!ev->has_sequence || ev->trade_id.len > EXCHANGE_TRADE_ID_MAX)
        return err_set(e, ERR_PROTO, "%s: trade without a contiguous id", p->in->ops->name);
    const struct entry entry = {
        .type = ENTRY_TRADE,
        .index = (uint32_t)i,
        .receive_us = p->frame->receive_us,
        .other_us = ev->exchange_time_us,
        .sequence = ev->sequence,
        .price = ev->price,
        .amount = ev->amount,
        .side = ev->side,
        .origin = ev->origin,
        .text = ev->trade_id,
    };
    if (append(p->in, u->symbols[i].shard, &entry, p->now_us, e) == 0)
        return 0;
    p->journal_full = true;
    return -1;
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    struct passage *p = ctx;
    if (ev->type == EVENT_TRADE)
        return on_trade(p, ev, e);
    if (p->from->control)
        p->from->control(p->from->ctx, ev);
    return 0;
}

static void say_bad(struct intake *in, uint32_t link, size_t frame_len, int64_t now_us,
                    const struct err *why)
{
    if (log_limit_pass(&in->bad_limit, now_us))
        log_warn("feed", "frame dead-lettered", LOG_STR("exchange", in->ops->name),
                 LOG_INT("connection", link), LOG_INT("bytes", (int64_t)frame_len), LOG_ERR(why),
                 LOG_INT("suppressed", in->bad_limit.held));
}

static int dead_letter(struct intake *in, uint32_t link, const struct frame *f, size_t frame_len,
                       int64_t now_us, const struct err *why, struct err *e)
{
    struct slice bytes = f->text;
    if (bytes.len > INTAKE_DEAD_LETTER_MAX)
        bytes.len = INTAKE_DEAD_LETTER_MAX;
    metric_inc(
        why->code == ERR_LIMIT ? in->metrics->frames_bad_limit : in->metrics->frames_bad_proto, 1);
    say_bad(in, link, frame_len, now_us, why);
    const struct entry entry = {.type = ENTRY_BAD,
                                .index = link,
                                .receive_us = f->receive_us,
                                .frame_len = (int64_t)frame_len,
                                .text = slice_of(why->text),
                                .data = bytes};
    return append(in, in->universe->links[link].shard, &entry, now_us, e);
}

int intake_frame(struct intake *in, const struct intake_source *from, const struct frame *f,
                 size_t frame_len, struct err *e)
{
    struct passage p = {in, from, f, clock_mono_us(), false, false};
    struct err why = {0};
    bool skipped = false;
    metric_inc(in->metrics->frames, 1);
    metric_set(in->metrics->last_receive_time, f->receive_us);
    if (frame_len > f->text.len) {
        (void)err_set(&why, ERR_LIMIT, "%s: a frame of %zu bytes, longer than %d", in->ops->name,
                      frame_len, EXCHANGE_FRAME_MAX);
        return dead_letter(in, from->link, f, frame_len, p.now_us, &why, e);
    }
    if (in->ops->parse_frame(from->session, &in->listen, f, on_event, &p, &skipped, &why) < 0) {
        if (!p.journal_full)
            return dead_letter(in, from->link, f, frame_len, p.now_us, &why, e);
        *e = why;
        return -1;
    }
    if (skipped || p.foreign)
        metric_inc(in->metrics->frames_skipped, 1);
    return 0;
}

int intake_link(struct intake *in, uint32_t link, bool up, int64_t receive_us, int64_t heard_us,
                const char *why, struct err *e)
{
    const struct entry entry = {.type = ENTRY_LINK,
                                .index = link,
                                .up = up,
                                .receive_us = receive_us,
                                .other_us = heard_us,
                                .text = slice_of(why)};
    return append(in, in->universe->links[link].shard, &entry, clock_mono_us(), e);
}

/* Symbols stand sorted by partition: a link touches those from its first symbol's to its last. */
static void mark(const struct universe *u, const struct universe_link *l, bool up, char *alive)
{
    const struct universe_symbol *first = &u->symbols[l->symbols.first];
    const struct universe_symbol *last = first + l->symbols.n - 1;
    uint32_t from = (uint32_t)first->partition / u->n_shards;
    uint32_t to = (uint32_t)last->partition / u->n_shards;
    memset(alive + from, up, to - from + 1);
}

/* A partition is as alive as all its links; one without a symbol as all links of the shard. */
static void mark_all(const struct universe *u, uint32_t shard, const bool *links_up, char *alive,
                     uint32_t n)
{
    bool all_up = true;
    for (uint32_t i = 0; i < u->n_links; i++)
        all_up = all_up && (links_up[i] || u->links[i].shard != shard);
    memset(alive, all_up, n);
    for (int up = 1; up >= 0 && !all_up; up--) /* those that are down have the last word */
        for (uint32_t i = 0; i < u->n_links; i++)
            if (u->links[i].shard == shard && links_up[i] == up)
                mark(u, &u->links[i], up, alive);
}

int intake_tick(struct intake *in, uint32_t shard, const bool *links_up, int64_t receive_us,
                struct err *e)
{
    const struct universe *u = in->universe;
    char alive[PARTITIONS_MAX];
    uint32_t n = universe_shard_partitions(u, shard);
    if (n > PARTITIONS_MAX)
        return err_set(e, ERR_LIMIT, "%u partitions in one shard", n);
    if (journal_is_full(in->journals[shard]))
        return 1;
    mark_all(u, shard, links_up, alive, n);
    const struct entry tick = {
        .type = ENTRY_TICK, .receive_us = receive_us, .data = slice_make(alive, n)};
    return append(in, shard, &tick, clock_mono_us(), e);
}
