#include "feed_internal.h"

#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEADY_S = 30,  /* data for that long, and the next loss is a first one again */
    CONNECT_S = 10, /* to be connected */
    BANNED_S = 60,  /* wait after the exchange said that we ask too often */
};

static const char *state_name(enum conn_state s)
{
    switch (s) {
    case CONN_WAITING:
        return "waiting";
    case CONN_RESOLVING:
        return "resolving";
    case CONN_CONNECTING:
        return "connecting";
    case CONN_SUBSCRIBING:
        return "subscribing";
    case CONN_SUBSCRIBED:
        return "subscribed";
    }
    return "?";
}

const char *feed_conn_status(const struct feed_conn *c)
{
    return c->state == CONN_WAITING && *c->why ? c->why : state_name(c->state);
}

/* --- state ----------------------------------------------------------------------------------- */

static int64_t market_now_us(const struct feed_conn *c)
{
    return market_clock_now_us(c->env->about->clock);
}

void feed_conn_tell(struct feed_conn *c, bool up, struct slice symbols)
{
    struct err e = {0};
    const struct intake_change change = {c->link, up, symbols, market_now_us(c), c->heard_market_us,
                                         c->why};
    if (c->env->silent)
        return;
    if (intake_link(c->env->intake, &change, &e) != 0)
        *c->env->failure = e; /* out of memory: trades would go missing untold */
}

static int64_t wait_ms(const struct feed_conn *c)
{
    int64_t us = c->connect_us - clock_mono_us();
    return us > 0 ? us / US_PER_MS : 0;
}

void feed_conn_set(struct feed_conn *c, enum conn_state to)
{
    if (c->state == to)
        return;
    log_info("feed", "connection", LOG_STR("exchange", c->env->about->ops->name),
             LOG_STR("channel", feed_conn_channel(c)->name), LOG_INT("connection", c->link),
             LOG_STR("role", feed_link_role(c->of, c)), LOG_STR("from", state_name(c->state)),
             LOG_STR("to", state_name(to)), LOG_STR("why", c->why),
             LOG_INT("wait_ms", to == CONN_WAITING ? wait_ms(c) : 0));
    c->state = to;
    feed_link_changed(c->of, c);
}

void feed_conn_heard(struct feed_conn *c)
{
    c->heard_us = clock_mono_us();
    c->heard_market_us = market_now_us(c);
}

void feed_conn_give_up(struct feed_conn *c, const char *why)
{
    if (c->closing)
        return;
    c->closing = true;
    (void)snprintf(c->why, sizeof(c->why), "%.*s", FEED_WHY_MAX, why);
    if (c->wsi)
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void feed_conn_lost(struct feed_conn *c, struct slice why, unsigned http_status)
{
    c->wsi = NULL;
    if (c->state == CONN_WAITING)
        return;
    if (!*c->why) /* what was said first is nearest to the cause */
        (void)snprintf(c->why, sizeof(c->why), "%.*s",
                       SLICE_ARG(why.len > 0 ? why : slice_of("closed without a reason")));
    int64_t wait_us = backoff_next_us(&c->backoff);
    bool banned = http_status == 429 || http_status == 418;
    if (banned && wait_us < BANNED_S * US_PER_S)
        wait_us = BANNED_S * US_PER_S;
    c->connect_us = clock_mono_us() + wait_us;
    c->closing = false;
    feed_conn_set(c, CONN_WAITING);
}

/* Whether the journal has no room for what the connection brings. Quotes have a queue of their own,
 * which takes everything. */
static bool is_full(const struct feed_conn *c)
{
    const struct feed_about *a = c->env->about;
    const struct universe_link *l = &a->universe->links[c->link];
    return (l->kind == CHANNEL_TRADES || !a->queues) && journal_is_full(a->journals[l->shard]);
}

void feed_conn_overflow(struct feed_conn *c, const char *why)
{
    const struct feed_about *a = c->env->about;
    if (c->closing)
        return;
    metric_inc(a->metrics->feed_overflows, 1);
    log_warn("feed", "memory is full: the connection is dropped, what it missed is a hole",
             LOG_STR("exchange", a->ops->name), LOG_STR("channel", feed_conn_channel(c)->name),
             LOG_INT("connection", c->link), LOG_STR("why", why));
    feed_conn_give_up(c, why);
}

void feed_conn_pause_if_full(struct feed_conn *c)
{
    const struct feed_about *a = c->env->about;
    if (c->paused || !is_full(c))
        return;
    c->paused = true;
    c->paused_us = clock_mono_us();
    metric_inc(a->metrics->feed_paused, 1);
    (void)lws_rx_flow_control(c->wsi, 0); /* fails for a socket that is closing only */
    log_warn("feed", "reading paused: the journal is full", LOG_STR("exchange", a->ops->name),
             LOG_INT("connection", c->link));
}

/* --- connecting ------------------------------------------------------------------------------ */

static enum channel_kind kind_of(const struct feed_conn *c)
{
    return c->env->about->universe->links[c->link].kind;
}

const struct channel *feed_conn_channel(const struct feed_conn *c)
{
    return c->env->about->listen.of[kind_of(c)];
}

const struct url *feed_conn_url(const struct feed_conn *c)
{
    return &c->env->about->urls[kind_of(c)];
}

struct subs feed_conn_subs(const struct feed_conn *c)
{
    return (struct subs){feed_conn_channel(c), c->instruments, c->subs.n};
}

static int request_path(struct feed_conn *c, char *ret, size_t cap, struct err *e)
{
    const struct feed_about *a = c->env->about;
    const struct subs subs = feed_conn_subs(c);
    int n = snprintf(ret, cap, "%s", feed_conn_url(c)->path);
    if (n < 0 || (size_t)n >= cap)
        return err_set(e, ERR_LIMIT, "the path of the URL is too long");
    return a->ops->connect_path(&subs, ret + n, cap - (size_t)n, e);
}

static void start_over(struct feed_conn *c, int64_t now_us)
{
    memset(c->session, 0, c->env->about->ops->session_size);
    subscription_reset(&c->subs);
    c->paused = c->closing = c->in_message = false;
    c->message_len = 0;
    strbuf_reset(&c->message);
    c->why[0] = '\0';
    c->heard_us = now_us;
    c->ping_us = now_us;
    c->send_us = now_us;
    c->limit_us = now_us + CONNECT_S * US_PER_S;
}

/* What the server is told it was asked for; a port that goes without saying is not said. */
static void host_header(const struct url *u, char *ret, size_t cap)
{
    bool v6 = strchr(u->host, ':') != NULL;
    int n = snprintf(ret, cap, v6 ? "[%s]" : "%s", u->host);
    if (u->port != (u->tls ? 443 : 80))
        (void)snprintf(ret + n, cap - (size_t)n, ":%d", u->port);
}

static void connect_to(struct feed_conn *c, const char *address)
{
    const struct url *url = feed_conn_url(c);
    char path[4096];
    char host[URL_HOST_MAX + 16];
    struct err e = {0};
    if (request_path(c, path, sizeof(path), &e) != 0) {
        *c->env->failure = e;
        return;
    }
    host_header(url, host, sizeof(host));
    const struct lws_client_connect_info info = {
        .context = c->env->context,
        .address = address,
        .port = url->port,
        .ssl_connection = url->tls ? LCCSCF_USE_SSL : 0, /* certificate and name are checked */
        .path = path,
        .host = host,
        .local_protocol_name = "feed",
        .userdata = c,
        .pwsi = &c->wsi,
    };
    feed_conn_set(c, CONN_CONNECTING);
    if (!lws_client_connect_via_info(&info))
        feed_conn_lost(c, slice_of("no connection could be begun"), 0);
}

static void drop_lookup(struct feed_conn *c)
{
    lookup_drop(c->lookup);
    c->lookup = NULL;
}

void feed_conn_renew(struct feed_conn *c, int64_t now_us)
{
    backoff_reset(&c->backoff);
    c->connect_us = now_us;
    if (c->state == CONN_WAITING)
        c->why[0] = '\0';
}

void feed_conn_close(struct feed_conn *c, const char *why)
{
    if (c->state == CONN_WAITING)
        return;
    if (c->state != CONN_RESOLVING) {
        feed_conn_give_up(c, why);
        return;
    }
    drop_lookup(c);
    feed_conn_lost(c, slice_of(why), 0);
}

static void begin(struct feed_conn *c, int64_t now_us)
{
    struct err e = {0};
    start_over(c, now_us);
    if (c->backoff.attempts > 0)
        metric_inc(c->env->about->metrics->feed_reconnects, 1);
    if (c->env->proxied[kind_of(c)]) {
        connect_to(c, feed_conn_url(c)->host);
        return;
    }
    feed_conn_set(c, CONN_RESOLVING);
    c->lookup = lookup_start(feed_conn_url(c)->host, c->n_lookups++, &e);
    if (!c->lookup)
        feed_conn_lost(c, slice_of(e.text), 0);
}

/* --- turns ----------------------------------------------------------------------------------- */

static void turn_waiting(struct feed_conn *c, int64_t now_us)
{
    if (now_us < c->connect_us || c->wsi)
        return;
    if (is_full(c))
        return; /* there would be no room for what it brings */
    if (attempts_take(&c->env->attempts, now_us))
        begin(c, now_us);
}

static void turn_resolving(struct feed_conn *c, int64_t now_us)
{
    char address[INET6_ADDRSTRLEN];
    struct err e = {0};
    int r = lookup_poll(c->lookup, address, &e);
    if (r == 0 && now_us < c->limit_us)
        return;
    drop_lookup(c);
    if (r == 1)
        connect_to(c, address);
    else
        feed_conn_lost(c, slice_of(r < 0 ? e.text : "no name server answers in time"), 0);
}

/* A connection that was not read for the idle time is not worth reading any more: its heartbeats
 * were not answered, and the exchange cuts it, if it has not yet. */
static void go_on_reading(struct feed_conn *c, int64_t now_us)
{
    if (is_full(c)) {
        if (now_us - c->paused_us >= c->env->about->ops->idle_ms * US_PER_MS)
            feed_conn_overflow(c, "not read for too long");
        return;
    }
    c->paused = false;
    c->heard_us = now_us;                 /* the silence was ours */
    (void)lws_rx_flow_control(c->wsi, 1); /* fails for a socket that is closing only */
    log_info("feed", "reading goes on", LOG_STR("exchange", c->env->about->ops->name),
             LOG_INT("connection", c->link));
}

static void turn_open(struct feed_conn *c, int64_t now_us)
{
    int64_t idle_us = c->env->about->ops->idle_ms * US_PER_MS;
    feed_conn_pause_if_full(c); /* another connection may have filled the journal */
    if (c->paused) {
        go_on_reading(c, now_us);
        return;
    }
    if (now_us - c->heard_us >= idle_us)
        feed_conn_give_up(c, "silent for too long");
    else if (c->state == CONN_SUBSCRIBING && now_us >= c->limit_us)
        feed_conn_judge(c, true);
    else if ((c->state == CONN_SUBSCRIBING && !c->subs.all_sent && now_us >= c->send_us) ||
             now_us - c->heard_us >= idle_us / 3)
        (void)lws_callback_on_writable(c->wsi); /* fails for a socket that is closing only */
    if (c->state == CONN_SUBSCRIBED && c->steady_us &&
        now_us - c->steady_us > STEADY_S * US_PER_S) {
        c->steady_us = 0;
        backoff_reset(&c->backoff);
    }
}

void feed_conn_turn(struct feed_conn *c, int64_t now_us)
{
    switch (c->state) {
    case CONN_WAITING:
        turn_waiting(c, now_us);
        break;
    case CONN_RESOLVING:
        turn_resolving(c, now_us);
        break;
    case CONN_CONNECTING:
        if (now_us >= c->limit_us)
            feed_conn_give_up(c, "no connection in time");
        break;
    case CONN_SUBSCRIBING:
    case CONN_SUBSCRIBED:
        turn_open(c, now_us);
        break;
    }
}

void feed_conn_stop(struct feed_conn *c)
{
    if (c->state != CONN_WAITING && !c->closing)
        feed_conn_give_up(c, "the producer was stopped");
}

/* --- create ---------------------------------------------------------------------------------- */

struct feed_conn *feed_conn_create(struct feed_env *env, uint32_t number, struct feed_link *of,
                                   struct err *e)
{
    const struct universe *u = env->about->universe;
    const struct universe_range *r = &u->links[number].symbols;
    struct feed_conn *c = calloc(1, sizeof(*c));
    if (c) {
        c->session = calloc(1, env->about->ops->session_size + 1);
        c->instruments = calloc(r->n + 1u, sizeof(const void *));
        c->told = calloc(r->n + 1u, sizeof(bool));
        c->only = calloc(r->n + 1u, 1);
    }
    if (!c || !c->session || !c->instruments || !c->told || !c->only ||
        subscription_init(&c->subs, r->n, env->about->ops->acks_symbols, e) != 0) {
        feed_conn_destroy(c);
        (void)err_set(e, ERR_NOMEM, "feed: out of memory");
        return NULL;
    }
    c->env = env;
    c->link = number;
    c->of = of;
    c->listen.of[kind_of(c)] = feed_conn_channel(c);
    c->backoff.seed = (uint64_t)clock_real_us() ^ (uint64_t)number << 48 ^ (uint64_t)(uintptr_t)c;
    strbuf_init(&c->message, EXCHANGE_FRAME_MAX);
    for (uint32_t i = 0; i < r->n; i++)
        c->instruments[i] = &u->symbols[r->first + i].info;
    return c;
}

void feed_conn_destroy(struct feed_conn *c)
{
    if (!c)
        return;
    drop_lookup(c);
    strbuf_finish(&c->message);
    free(c->session);
    free(c->instruments);
    free(c->told);
    free(c->only);
    subscription_finish(&c->subs);
    free(c);
}
