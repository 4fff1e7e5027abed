#include "server_internal.h"

#include "json.h"

#include <inttypes.h>

/* --- /sim/status ----------------------------------------------------------------------------- */

static size_t waiting_messages(const struct server *s)
{
    size_t n = 0;
    for (const struct conn *c = s->conns; c; c = c->next)
        n += c->out.n + c->held.n;
    return n;
}

static const char *market_state(const struct server *s)
{
    if (!market_begun(s->parts.market))
        return "held";
    return market_over(s->parts.market) ? "done" : "running";
}

static int add_closed(const struct server *s, struct strbuf *b)
{
    int r = strbuf_adds(b, "\"closed\":{");
    for (int i = 0; r == 0 && i < CLOSE_REASONS; i++)
        r = strbuf_addf(b, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
                        close_reason_name((enum close_reason)i), metric_get(s->m.closed[i]));
    return r == 0 ? strbuf_adds(b, "}") : -1;
}

static int add_faults(const struct server *s, struct strbuf *b)
{
    int r = strbuf_adds(b, ",\"faults\":{");
    for (int i = 0; r == 0 && i < FAULT_KINDS; i++)
        r = strbuf_addf(b, "%s\"%s\":%" PRId64, i > 0 ? "," : "", fault_name((enum fault_kind)i),
                        faults_total(s->parts.faults, (enum fault_kind)i));
    return r == 0 ? strbuf_adds(b, "}}\n") : -1;
}

static int status_answer(struct server *s, struct strbuf *b)
{
    if (strbuf_addf(b,
                    "{\"exchange\":\"%s\",\"market\":\"%s\",\"market_us\":%" PRId64
                    ",\"symbols\":%u,\"generated\":%" PRId64 ",\"unheard\":%" PRId64
                    ",\"quotes\":%" PRId64 ",\"plants\":%" PRId64 ",\"queued\":%" PRId64
                    ",\"queued_quotes\":%" PRId64 ",\"waiting\":%zu,\"sent\":%" PRId64
                    ",\"behind_us\":%" PRId64 ",\"streams\":%zu,\"connections\":%zu,"
                    "\"connections_total\":%" PRId64 ",",
                    s->parts.dialect->exchange, market_state(s), server_market_us(s),
                    listing_trading(s->parts.listing), metric_get(s->m.trades),
                    metric_get(s->m.unheard), metric_get(s->m.quotes), metric_get(s->m.plants),
                    metric_get(s->m.queued), metric_get(s->m.queued_quotes), waiting_messages(s),
                    metric_get(s->m.sent), metric_get(s->m.behind_us), feed_live_streams(s),
                    s->n_conns, metric_get(s->m.opened)) != 0 ||
        add_closed(s, b) != 0)
        return -1;
    return add_faults(s, b);
}

/* --- /sim/faults ----------------------------------------------------------------------------- */

int admin_refuse(struct rest_answer *ret, int status, const char *why)
{
    ret->status = status;
    ret->type = "application/json";
    strbuf_reset(&ret->body);
    if (strbuf_adds(&ret->body, "{\"error\":") != 0 ||
        json_add_string(&ret->body, slice_of(why)) != 0)
        return -1;
    return strbuf_adds(&ret->body, "}\n");
}

static int on_post(struct server *s, struct slice body, struct rest_answer *ret)
{
    struct err e = {0};
    uint64_t id = 0;
    if (faults_post(s->parts.faults, body, clock_mono_us(), &id, &e) != 0)
        return admin_refuse(ret, e.code == ERR_ARG ? 400 : e.code == ERR_LIMIT ? 429 : 500, e.text);
    (void)fault_run(s); /* what is to begin now has begun when the answer comes */
    ret->status = 201;
    return strbuf_addf(&ret->body, "{\"id\":%" PRIu64 "}\n", id);
}

static int on_delete(struct server *s, struct slice name, struct rest_answer *ret)
{
    uint64_t id = 0;
    bool good = name.len > 0 && name.len < 18;
    for (size_t i = 0; good && i < name.len; i++) {
        good = name.data[i] >= '0' && name.data[i] <= '9';
        id = id * 10 + (uint64_t)(name.data[i] - '0');
    }
    if (!good || !faults_end(s->parts.faults, id))
        return admin_refuse(ret, 404, "there is no such fault");
    (void)fault_run(s); /* it is over when the answer comes */
    return strbuf_addf(&ret->body, "{\"id\":%" PRIu64 "}\n", id);
}

/* --- all of it ------------------------------------------------------------------------------- */

static int answer(struct server *s, const struct url *url, const char *method, struct slice body,
                  struct rest_answer *ret)
{
    static const char faults[] = "/sim/faults/";
    size_t len = sizeof(faults) - 1;
    bool get = strcmp(method, "GET") == 0;
    struct slice path = url->path;
    if (slice_is(path, "/sim/status") && get)
        return status_answer(s, &ret->body);
    if (slice_is(path, "/sim/faults") && get)
        return faults_print(s->parts.faults, &ret->body);
    if (slice_is(path, "/sim/faults") && strcmp(method, "POST") == 0)
        return on_post(s, body, ret);
    if (path.len > len && memcmp(path.data, faults, len) == 0 && strcmp(method, "DELETE") == 0)
        return on_delete(s, slice_make(path.data + len, path.len - len), ret);
    if (slice_is(path, "/sim/status") || slice_is(path, "/sim/faults"))
        return admin_refuse(ret, 405, "this is not done here");
    return admin_refuse(ret, 404, "there is nothing of this name");
}

int admin_answer(struct server *s, const struct url *url, const char *method, struct slice body,
                 struct rest_answer *ret, struct err *e)
{
    ret->status = 200;
    ret->type = "application/json";
    return answer(s, url, method, body, ret) == 0 ? 0 : strbuf_full(&ret->body, "answer", e);
}
