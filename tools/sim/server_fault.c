#include "server_internal.h"

#include "log.h"
#include "timefmt.h"

#include <inttypes.h>

enum { REFUSAL_MAX = 512 };

/* --- whom it is about ------------------------------------------------------------------------ */

static bool concerns(const struct fault *f, const struct conn *c)
{
    unsigned channels = 0;
    if (f->channels == FAULT_ALL && !f->symbols)
        return true; /* also who has not subscribed to anything yet */
    if (f->channels & FAULT_TRADES)
        channels |= 1U << CHANNEL_TRADE | 1U << CHANNEL_ORDER;
    if (f->channels & FAULT_QUOTES)
        channels |= 1U << CHANNEL_QUOTE | 1U << CHANNEL_TICKER;
    return session_hears(c->session, f->symbols, channels);
}

bool fault_stalls(const struct conn *c)
{
    const struct faults *faults = c->server->parts.faults;
    uint64_t id = 0;
    const struct fault *f = faults_active(faults, FAULT_STALL, 0, &id);
    while (f && !concerns(f, c))
        f = faults_active(faults, FAULT_STALL, id, &id);
    return f != NULL;
}

/* --- connections ----------------------------------------------------------------------------- */

/* The client's end lives on and hears nothing: neither what was queued nor the answer to a ping. */
static void half_open(struct conn *c, uint64_t id)
{
    c->dead_by = id;
    outq_finish(&c->out);
    held_finish(&c->held);
    (void)lws_rx_flow_control(c->wsi, 0); /* fails only on a dead connection */
}

static void begin_for(struct conn *c, const struct fault_turn *turn)
{
    switch ((int)turn->fault->kind) {
    case FAULT_CLOSE:
        ws_end(c, turn->fault->code, turn->fault->reason);
        break;
    case FAULT_HALF_OPEN:
        half_open(c, turn->id);
        break;
    default:
        break;
    }
}

static bool is_of_connections(enum fault_kind kind)
{
    return kind == FAULT_CLOSE || kind == FAULT_HALF_OPEN || kind == FAULT_STALL;
}

static void begin(struct server *s, const struct fault_turn *turn)
{
    struct faults *faults = s->parts.faults;
    log_info("sim", "fault begins", LOG_STR("fault", fault_name(turn->fault->kind)),
             LOG_INT("id", (int64_t)turn->id));
    if (!is_of_connections(turn->fault->kind))
        return;
    for (struct conn *c = s->conns; c; c = c->next) {
        if (c->closing || c->dead_by || !concerns(turn->fault, c) ||
            !faults_draw(faults, turn->fault->permille))
            continue;
        faults_count(faults, turn->id, 1);
        begin_for(c, turn);
    }
}

static void finish(struct server *s, const struct fault_turn *turn)
{
    log_info("sim", "fault is over", LOG_STR("fault", fault_name(turn->fault->kind)),
             LOG_INT("id", (int64_t)turn->id));
    for (struct conn *c = s->conns; c; c = c->next) {
        if (turn->fault->kind == FAULT_STALL)
            (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
        if (c->dead_by == turn->id)
            ws_end(c, LWS_CLOSE_STATUS_ABNORMAL_CLOSE, "");
    }
}

/* --- frames ---------------------------------------------------------------------------------- */

/* What is held counts as waiting: with it, too, a connection must stay below its limit. */
static bool hold(struct conn *c, struct slice frame, int64_t due_us)
{
    size_t used = c->held.bytes + (c->out.tail - c->out.head);
    if (used + frame.len <= c->out.limit && held_add(&c->held, due_us, frame) == 0)
        return true;
    ws_too_slow(c);
    return false;
}

bool fault_deliver(struct conn *c, struct slice frame, const struct verdict *v)
{
    int times = v->fate == FRAME_DROP ? 0 : v->fate == FRAME_TWICE ? 2 : 1;
    bool given = false;
    for (int i = 0; i < times; i++)
        given = v->due_us != 0 ? hold(c, frame, v->due_us) : ws_send(c, frame) == 0;
    return given;
}

static int64_t release(struct conn *c, int64_t now_us)
{
    struct slice frame;
    while (held_due(&c->held, now_us, &frame)) {
        if (ws_send(c, frame) != 0)
            return INT64_MAX; /* it is being closed, and holds nothing any more */
        held_pop(&c->held);
    }
    return held_due_us(&c->held);
}

/* --- time ------------------------------------------------------------------------------------ */

int64_t fault_run(struct server *s)
{
    struct faults *faults = s->parts.faults;
    struct fault_turn turn;
    int64_t now_us = clock_mono_us();
    while (faults_turn(faults, now_us, &turn)) {
        if (turn.begins)
            begin(s, &turn);
        else
            finish(s, &turn);
    }
    int64_t due_us = faults_due_us(faults);
    for (struct conn *c = s->conns; c; c = c->next) {
        int64_t next_us = release(c, now_us);
        if (next_us < due_us)
            due_us = next_us;
    }
    for (int i = 0; i < FAULT_KINDS; i++)
        metric_set(s->m.faults[i], faults_total(faults, (enum fault_kind)i));
    return due_us == INT64_MAX ? INT64_MAX : due_us - now_us;
}

/* --- new connections ------------------------------------------------------------------------- */

static int refuse_with(struct lws *wsi, const struct fault *f)
{
    static const char name[] = "Retry-After:";
    unsigned char buf[LWS_PRE + REFUSAL_MAX];
    unsigned char *start = buf + LWS_PRE;
    unsigned char *p = start;
    unsigned char *end = buf + sizeof(buf);
    char seconds[24];
    int len = snprintf(seconds, sizeof(seconds), "%" PRId64, f->retry_after_s);
    if (lws_add_http_common_headers(wsi, (unsigned)f->status, "text/plain", 0, &p, end) != 0 ||
        (f->retry_after_s > 0 &&
         lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                     (const unsigned char *)seconds, len, &p, end) != 0) ||
        lws_finalize_write_http_header(wsi, start, &p, end) != 0)
        return -1;
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 1;
}

int fault_refuse(struct server *s, struct lws *wsi)
{
    const struct fault *f = faults_strike(s->parts.faults, FAULT_REFUSE);
    if (!f)
        return 0;
    return f->status == 0 ? -1 : refuse_with(wsi, f);
}
