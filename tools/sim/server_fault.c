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
    case FAULT_SHUTDOWN:
        ws_shutdown(c);
        if (turn->fault->close_after_ms > 0)
            c->end_us = clock_mono_us() + turn->fault->close_after_ms * US_PER_MS;
        break;
    default:
        break;
    }
}

static bool is_of_connections(enum fault_kind kind)
{
    return kind == FAULT_CLOSE || kind == FAULT_HALF_OPEN || kind == FAULT_SHUTDOWN ||
           kind == FAULT_STALL;
}

/* Of all that are active together, a day at most. */
static void set_skew(struct server *s)
{
    int64_t sum_us = 0;
    uint64_t id = 0;
    const struct fault *f = faults_active(s->parts.faults, FAULT_SKEW, 0, &id);
    while (f) {
        sum_us += f->ms * US_PER_MS;
        f = faults_active(s->parts.faults, FAULT_SKEW, id, &id);
    }
    if (sum_us > US_PER_DAY || sum_us < -US_PER_DAY)
        sum_us = sum_us > 0 ? US_PER_DAY : -US_PER_DAY;
    s->skew_us = sum_us;
}

static void begin(struct server *s, const struct fault_turn *turn)
{
    struct faults *faults = s->parts.faults;
    log_info("sim", "fault begins", LOG_STR("fault", fault_name(turn->fault->kind)),
             LOG_INT("id", (int64_t)turn->id));
    if (turn->fault->kind == FAULT_SKEW) {
        set_skew(s);
        faults_count(faults, turn->id, 1);
    }
    if (turn->fault->kind == FAULT_LIST || turn->fault->kind == FAULT_DELIST)
        faults_count(faults, turn->id,
                     feed_set_trading(s, turn->fault->symbol, turn->fault->kind == FAULT_LIST) ? 1
                                                                                               : 0);
    if (turn->fault->kind == FAULT_ID_JUMP)
        faults_count(faults, turn->id, feed_jump(s, turn->fault));
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
    if (turn->fault->kind == FAULT_SKEW)
        set_skew(s);
    for (struct conn *c = s->conns; c; c = c->next) {
        if (turn->fault->kind == FAULT_STALL)
            (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
        if (c->dead_by == turn->id)
            ws_end(c, LWS_CLOSE_STATUS_ABNORMAL_CLOSE, "");
    }
}

/* --- frames ---------------------------------------------------------------------------------- */

/* What is held counts as waiting: with it, too, a connection must stay below its limit. */
static bool hold(struct conn *c, struct slice frame, const struct verdict *v)
{
    size_t used = c->held.bytes + (c->out.tail - c->out.head);
    uint32_t key = v->fate == FRAME_BEHIND ? v->key : 0;
    if (used + frame.len <= c->out.limit && held_add(&c->held, v->due_us, key, frame) == 0)
        return true;
    ws_too_slow(c);
    return false;
}

/* Returns when the next is due. */
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

/* What comes in place of a broken frame. */
static struct slice broken(struct slice frame, const struct verdict *v)
{
    static const char *const others[] = {"<html><body>502 Bad Gateway</body></html>",
                                         "{\"e\":", "}", "[1,]", "nul"};
    if (v->fate == FRAME_BAD)
        return slice_of(others[v->random % (sizeof(others) / sizeof(others[0]))]);
    return slice_make(frame.data, frame.len < 2 ? 0 : 1 + v->random % (frame.len - 1));
}

bool fault_deliver(struct conn *c, struct slice frame, const struct verdict *v)
{
    bool whole = v->fate != FRAME_BAD && v->fate != FRAME_CUT;
    int times = v->fate == FRAME_DROP ? 0 : v->fate == FRAME_TWICE ? 2 : 1;
    bool given = false;
    for (int i = 0; i < times; i++) {
        struct slice text = whole ? frame : broken(frame, v);
        given = v->due_us != 0 ? hold(c, text, v) : ws_send(c, text) == 0;
    }
    while (v->follow && v->due_us == 0 && held_hurry(&c->held, v->key))
        (void)release(c, INT64_MIN);
    return given && whole;
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
        if (c->end_us != 0 && c->end_us <= now_us)
            ws_end(c, LWS_CLOSE_STATUS_GOINGAWAY, "");
        else if (c->end_us != 0 && c->end_us < next_us)
            next_us = c->end_us;
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
    uint64_t id = 0;
    const struct fault *f = faults_strike(s->parts.faults, FAULT_REFUSE, slice_make(NULL, 0), &id);
    if (!f)
        return 0;
    faults_count(s->parts.faults, id, 1);
    return f->status == 0 ? -1 : refuse_with(wsi, f);
}

/* --- REST ------------------------------------------------------------------------------------ */

static int refuse_rest(struct server *s, const struct fault *f, struct rest_answer *ret,
                       struct err *e)
{
    const struct rest_refusal r = {(int)f->status, f->retry_after_s, server_shown_us(s)};
    ret->status = r.status;
    ret->n_headers = 0;
    if (r.retry_after_s > 0) {
        ret->headers[0].name = "Retry-After:";
        (void)snprintf(ret->headers[0].value, REST_HEADER_TEXT, "%" PRId64, r.retry_after_s);
        ret->n_headers = 1;
    }
    return s->parts.dialect->rest_refuse(&r, ret, e);
}

int fault_rest(struct server *s, const struct rest_request *req, struct rest_answer *ret,
               struct err *e)
{
    struct faults *faults = s->parts.faults;
    const struct site site = server_site(s);
    struct rest_request asked = *req;
    uint64_t id = 0;
    if (faults_strike(faults, FAULT_REST_DROP, req->url->path, &id)) {
        faults_count(faults, id, 1);
        return err_set(e, ERR_STOPPED, "a fault drops it");
    }
    const struct fault *f = faults_strike(faults, FAULT_REST_STATUS, req->url->path, &id);
    if (f) {
        faults_count(faults, id, 1);
        return refuse_rest(s, f, ret, e);
    }
    asked.empty = faults_strike(faults, FAULT_REST_EMPTY, req->url->path, &id) != NULL;
    if (s->parts.dialect->rest(&site, &asked, ret, e) != 0)
        return -1;
    if (ret->emptied)
        faults_count(faults, id, 1);
    return 0;
}

int64_t fault_rest_wait(struct server *s, struct slice path)
{
    uint64_t id = 0;
    const struct fault *f = faults_strike(s->parts.faults, FAULT_REST_SLOW, path, &id);
    if (!f)
        return 0;
    faults_count(s->parts.faults, id, 1);
    return f->ms * US_PER_MS;
}
