#include "returned.h"

#include "kafka/reinjection.h"
#include "kafka/spans.h"
#include "log.h"
#include "shard_writer.h"
#include "timefmt.h"

#include <stdlib.h>

enum { STRETCH = 100, RETRY_S = 30 };

struct returned {
    const struct shard_env *env;
    uint32_t number;
    const struct exchange_ops *ops;
    struct channels listen;
    void *session;       /* zeroed for each frame */
    struct spans *spans; /* NULL: not open */
    int64_t retry_us;
};

/* One frame's way into the shard. */
struct passage {
    const struct returned *returned;
    struct shard *shard;
    const struct repair_out *out;
    int64_t receive_us;
    bool failed; /* the failure is not the frame's */
};

struct returned *returned_create(const struct shard_env *env, uint32_t number, struct err *e)
{
    struct returned *r = calloc(1, sizeof(*r));
    if (r) {
        r->env = env;
        r->number = number;
        r->ops = exchange_find(env->exchange);
        r->listen.of[CHANNEL_TRADES] = exchange_channel(r->ops, CHANNEL_TRADES, env->stream);
        r->session = calloc(1, r->ops->session_size + 1);
    }
    if (r && r->session)
        return r;
    returned_destroy(r);
    (void)err_set(e, ERR_NOMEM, "writer: out of memory");
    return NULL;
}

void returned_destroy(struct returned *r)
{
    if (!r)
        return;
    spans_close(r->spans);
    free(r->session);
    free(r);
}

void returned_rewind(struct returned *r)
{
    spans_close(r->spans);
    r->spans = NULL;
    r->retry_us = 0;
}

/* --- a frame --------------------------------------------------------------------------------- */

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    struct passage *p = ctx;
    const struct returned *r = p->returned;
    const struct universe *u = r->env->universe;
    if (ev->type != EVENT_TRADE)
        return 0;
    int64_t i = universe_find(u, ev->native_symbol);
    if (i < 0 || !u->symbols[i].followed || u->symbols[i].shard != r->number)
        return 0;
    struct entry in;
    if (entry_of_trade(ev, r->ops->name, (uint32_t)i, p->receive_us, TRADE_ORIGIN_REPAIR, &in, e) !=
        0)
        return -1;
    p->failed = p->out->begin(p->out->owner, e) != 0 ||
                shard_bring_back(p->shard, &in, p->out->emit, p->out->ctx, e) != 0;
    return p->failed ? -1 : 0;
}

static int take(struct returned *r, const struct kafka_message *m, struct shard *s,
                const struct repair_out *out, struct err *e)
{
    struct reinjection back;
    struct err why = {0};
    bool skipped;
    reinjection_from(m, &back);
    if (!slice_is(back.stage, "producer") || !slice_is(back.exchange, r->env->exchange))
        return 0;
    struct passage p = {r, s, out, market_clock_now_us(r->env->clock), false};
    const struct frame f = {m->value, p.receive_us};
    memset(r->session, 0, r->ops->session_size);
    if (r->ops->parse_frame(r->session, &r->listen, &f, on_event, &p, &skipped, &why) >= 0)
        return 0;
    if (p.failed) {
        *e = why;
        return -1;
    }
    log_warn("writer", "a re-injected frame still cannot be read, it stays a dead letter",
             LOG_STR("exchange", r->env->exchange), LOG_INT("partition", back.letter_partition),
             LOG_INT("offset", back.letter_offset), LOG_ERR(&why));
    return 0;
}

/* --- the topic ------------------------------------------------------------------------------- */

/* It is tried again later. */
static void lose(struct returned *r, int64_t now_us, const struct err *why)
{
    returned_rewind(r);
    r->retry_us = now_us + RETRY_S * US_PER_S;
    log_warn("writer", "dead letters that come back cannot be read now, trying again",
             LOG_STR("exchange", r->env->exchange), LOG_INT("shard", r->number), LOG_ERR(why));
}

int returned_turn(struct returned *r, struct shard *s, const struct repair_out *out, int64_t now_us,
                  struct err *e)
{
    static const struct span all = {0, SPANS_BEGINNING, SPANS_FOR_EVER};
    struct kafka_message batch[STRETCH];
    struct err why = {0};
    if (!r->spans && now_us < r->retry_us)
        return 0;
    if (!r->spans)
        r->spans = spans_open(r->env->settings, REINJECTION_TOPIC, &all, 1, &why);
    ssize_t n = r->spans ? spans_take(r->spans, 0, 0, batch, STRETCH, &why) : -1;
    if (n < 0) {
        lose(r, now_us, &why);
        return 0;
    }
    int ret = 0;
    for (ssize_t i = 0; ret == 0 && i < n; i++)
        ret = take(r, &batch[i], s, out, e);
    spans_release(batch, n);
    return ret;
}
