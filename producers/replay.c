#include "replay.h"

#include "lines.h"
#include "recorded.h"
#include "timefmt.h"

#include <stdlib.h>

int replay_init(struct replay *r, struct intake *intake, const struct channels *listen,
                bool (*room)(void *ctx), void *ctx, struct err *e)
{
    const struct universe *u = intake->about.universe;
    const struct exchange_ops *ops = intake->about.ops;
    *r = (struct replay){.intake = intake, .listen = listen, .ops = ops, .room = room, .ctx = ctx};
    strbuf_init(&r->text, LINES_MAX_BYTES);
    r->session = calloc(1, ops->session_size + 1);
    r->links_up = calloc(u->n_links + 1u, sizeof(bool));
    r->all = malloc(u->n_symbols + 1u);
    if (r->session && r->links_up && r->all) {
        memset(r->all, 1, u->n_symbols + 1u);
        return 0;
    }
    replay_finish(r);
    return err_set(e, ERR_NOMEM, "replay: out of memory");
}

void replay_finish(struct replay *r)
{
    free(r->session);
    free(r->links_up);
    free(r->all);
    strbuf_finish(&r->text);
    *r = (struct replay){0};
}

/* --- time ------------------------------------------------------------------------------------ */

static int links(struct replay *r, bool up, int64_t at_us, const char *why, struct err *e)
{
    const struct universe *u = r->intake->about.universe;
    for (uint32_t i = 0; i < u->n_links; i++) {
        const struct slice all = slice_make(r->all, u->links[i].symbols.n);
        r->links_up[i] = up;
        if (intake_link(r->intake, &(struct intake_change){i, up, all, at_us, r->last_us, why},
                        e) != 0)
            return -1;
    }
    return 0;
}

static int tick(struct replay *r, int64_t at_us, struct err *e)
{
    if (!r->room(r->ctx))
        return err_set(e, ERR_STOPPED, "stopped while reading the file");
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        for (uint32_t i = 0; i < r->intake->about.universe->n_shards; i++)
            if (intake_tick(r->intake, (enum channel_kind)kind, i, r->links_up, at_us, e) < 0)
                return -1;
    return 0;
}

static int64_t next_second_us(int64_t t_us)
{
    return (t_us / US_PER_S + 1) * US_PER_S;
}

/* Lets file time pass up to the receive time of the next frame. */
static int pass_time(struct replay *r, int64_t at_us, struct err *e)
{
    bool silent = r->started && at_us - r->last_us > r->ops->idle_ms * US_PER_MS;
    if (silent && links(r, false, r->last_us, "silence in the recording", e) != 0)
        return -1;
    if (!r->started || silent) {
        r->started = true;
        r->last_us = at_us;
        r->tick_us = next_second_us(at_us);
        return links(r, true, at_us, "", e);
    }
    for (; r->tick_us <= at_us; r->tick_us += US_PER_S)
        if (tick(r, r->tick_us, e) != 0)
            return -1;
    if (at_us > r->last_us)
        r->last_us = at_us;
    return 0;
}

/* --- frames ---------------------------------------------------------------------------------- */

int replay_line(struct replay *r, struct slice line, struct err *e)
{
    struct recorded rec;
    if (recorded_parse(line, &r->text, &rec, e) != 0)
        return -1;
    if (rec.sent)
        return 0;
    if (!r->room(r->ctx))
        return err_set(e, ERR_STOPPED, "stopped while reading the file");
    if (pass_time(r, rec.frame.receive_us, e) != 0)
        return -1;
    size_t len = rec.frame.text.len;
    if (len > EXCHANGE_FRAME_MAX)
        rec.frame.text.len = EXCHANGE_FRAME_MAX;
    const struct intake_source from = {.listen = r->listen, .link = 0, .session = r->session};
    return intake_frame(r->intake, &from, &rec.frame, len, e) < 0 ? -1 : 0;
}

int replay_end(struct replay *r, struct err *e)
{
    if (!r->started)
        return 0;
    if (links(r, false, r->last_us, "end of the recording", e) != 0)
        return -1;
    return tick(r, r->last_us + REPLAY_CLOSE_S * US_PER_S, e);
}
