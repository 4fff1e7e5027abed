#include "feed.h"

#include "feed_link.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TURN_MS = 50,
    STALL_MS = 500,
    RX_BUFFER_BYTES = 64 << 10,
    FDS_SPARE = 32, /* beside two for each link, while it is handed over */
};

enum role { ROLE_SECOND, ROLE_SERVES, ROLE_SILENT };

struct feed_thread {
    struct feed_about about;
    struct intake intake;
    struct feed_env env;
    struct feed_link **links;
    lws_sorted_usec_list_t sul; /* the next turn */
    int64_t tick_us;            /* market time of the next tick */
    int64_t flush_us;           /* when the recording is flushed next */
    bool unread;                /* the log says that frames are not understood */
    struct err failure;         /* of the thread, published by failed */
    pthread_t thread;
    atomic_int role;
    atomic_bool stop;
    atomic_bool failed;
    atomic_bool up;
};

static const struct lws_protocols protocols[] = {
    {.name = "feed", .callback = feed_conn_callback, .rx_buffer_size = RX_BUFFER_BYTES},
    {0},
};

static void on_lws_log(int level, const char *line)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
    if (level == LLL_ERR)
        log_warn("libwebsockets", text); /* a connection's trouble; we go on with the next */
    else
        log_debug("libwebsockets", text);
}

/* --- turns ----------------------------------------------------------------------------------- */

/* Frames of an exchange that has changed: a feed that is connected and says nothing. */
static void show_unread(struct feed_thread *f)
{
    int64_t links = 0;
    int most = 0;
    for (uint32_t i = 0; i < f->about.universe->n_links; i++) {
        int n = feed_link_is_wanted(f->links[i]) ? feed_link_unread(f->links[i]) : 0;
        links += n > 0;
        most = n > most ? n : most;
    }
    metric_set(f->about.metrics->feed_unread, links);
    if (links == 0) {
        f->unread = false;
        health_ready(f->about.health, "frames");
        return;
    }
    char why[200];
    (void)snprintf(
        why, sizeof(why),
        "%d of the last 1000 frames of a connection could not be understood: they are in "
        "dead-letters, and their trades are asked for by REST",
        most);
    health_wait(f->about.health, "frames", why);
    if (!f->unread)
        log_error("feed", "does the exchange speak differently now?",
                  LOG_STR("exchange", f->about.ops->name), LOG_INT("connections", links),
                  LOG_STR("why", why));
    f->unread = true;
}

static void show_health(struct feed_thread *f)
{
    const struct universe *u = f->about.universe;
    uint32_t n_up = 0;
    uint32_t n_wanted = 0;
    size_t without = 0;
    const struct feed_link *down = NULL;
    for (uint32_t i = 0; i < u->n_links; i++) {
        if (!feed_link_is_wanted(f->links[i]))
            continue;
        n_wanted++;
        without += feed_link_without(f->links[i]);
        n_up += f->env.links_up[i];
        if (!f->env.links_up[i] && !down)
            down = f->links[i];
    }
    atomic_store(&f->up, down == NULL);
    if (atomic_load(&f->role) != ROLE_SERVES)
        return;
    metric_set(f->about.metrics->symbols_refused, (int64_t)without);
    show_unread(f);
    if (!down) {
        health_ready(f->about.health, "feed");
        return;
    }
    char why[200];
    (void)snprintf(why, sizeof(why), "%u of %u connections are subscribed: %s", n_up, n_wanted,
                   feed_link_status(down));
    health_wait(f->about.health, "feed", why);
}

static int tick(struct feed_thread *f, enum channel_kind kind, uint32_t shard, int64_t now_us)
{
    return intake_tick(&f->intake, kind, shard, f->env.links_up, now_us, &f->failure);
}

/* A tick a second of market time. One that comes late stands for those that did not come. */
static void tick_if_due(struct feed_thread *f)
{
    int64_t now_us = market_clock_now_us(f->about.clock);
    if (now_us < f->tick_us)
        return;
    f->tick_us = (now_us / US_PER_S + 1) * US_PER_S;
    if (atomic_load(&f->role) != ROLE_SERVES)
        return; /* the other one says that time passes */
    for (uint32_t i = 0; i < f->about.universe->n_shards; i++) {
        if (!atomic_load(&f->env.wanted[i])) /* its journal has nothing to say of time */
            journal_age(f->about.journals[i], clock_mono_us());
        else if (tick(f, CHANNEL_TRADES, i, now_us) < 0)
            return;
        if (tick(f, CHANNEL_QUOTES, i, now_us) < 0)
            return;
    }
}

static void schedule(struct feed_thread *f);

static void on_turn(lws_sorted_usec_list_t *sul)
{
    struct feed_thread *f = lws_container_of(sul, struct feed_thread, sul);
    int64_t now_us = clock_mono_us();
    f->env.recorder = atomic_load(&f->role) == ROLE_SERVES ? f->about.recorder : NULL;
    bool stood_still = now_us > f->env.stall_us;
    if (stood_still) {
        metric_inc(f->about.metrics->feed_stalls, 1);
        log_warn("feed", "the loop stood still",
                 LOG_INT("ms", (now_us - f->env.stall_us) / US_PER_MS + TURN_MS + STALL_MS));
    }
    f->env.stall_us = now_us + (TURN_MS + STALL_MS) * US_PER_MS;
    for (uint32_t i = 0; stood_still && i < f->about.universe->n_links; i++)
        feed_link_stood_still(f->links[i]);
    if (!stood_still) /* else the sockets are read first: no tick goes before what waits in them */
        tick_if_due(f);
    for (uint32_t i = 0; i < f->about.universe->n_links; i++)
        feed_link_turn(f->links[i], now_us);
    if (now_us >= f->flush_us || f->env.want_changed) {
        f->flush_us = now_us + US_PER_S;
        f->env.want_changed = false;
        recorder_flush(f->env.recorder);
        show_health(f);
    }
    schedule(f);
}

/* The next turn: soon, or when the next tick is due. */
static void schedule(struct feed_thread *f)
{
    const struct market_clock *mc = f->about.clock;
    int64_t wait_us = (f->tick_us - market_clock_now_us(mc)) / mc->speed;
    if (wait_us > TURN_MS * US_PER_MS)
        wait_us = TURN_MS * US_PER_MS;
    lws_sul_schedule(f->env.context, 0, &f->sul, on_turn, wait_us > 0 ? wait_us : 1);
}

static void *run(void *ctx)
{
    struct feed_thread *f = ctx;
    f->env.stall_us = clock_mono_us() + (TURN_MS + STALL_MS) * US_PER_MS;
    schedule(f);
    while (!atomic_load(&f->stop) && f->failure.code == ERR_NONE)
        if (lws_service(f->env.context, 0) < 0)
            (void)err_set(&f->failure, ERR_IO, "feed: libwebsockets gave up");
    f->env.silent = atomic_load(&f->role) == ROLE_SILENT;
    for (uint32_t i = 0; i < f->about.universe->n_links; i++)
        feed_link_stop(f->links[i]);
    if (!atomic_load(&f->stop)) {
        atomic_store(&f->up, false);
        atomic_store(&f->failed, true);
    }
    return NULL;
}

/* --- start and stop -------------------------------------------------------------------------- */

/* Compressed messages, where the exchange offers them. */
static const struct lws_extension extensions[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate,
     "permessage-deflate; client_no_context_takeover; client_max_window_bits"},
    {NULL, NULL, NULL},
};

static bool is_proxied(const struct feed_about *about, int kind)
{
    return about->listen.of[kind] && getenv("http_proxy") && !url_is_loopback(&about->urls[kind]);
}

/* Whether libwebsockets goes by a proxy that the environment names, and should not: an address of
 * "" hides it (and is warned about where there is nothing to hide). */
static const char *no_proxy(const struct feed_about *about)
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        if (is_proxied(about, kind))
            return NULL;
    return getenv("http_proxy") ? "" : NULL;
}

static struct lws_context *make_context(const struct feed_about *about, struct err *e)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .timeout_secs = 10,
        .fd_limit_per_thread = 2 * about->universe->n_links + FDS_SPARE,
        .http_proxy_address = no_proxy(about),
        .extensions = extensions,
    };
    struct lws_context *c = lws_create_context(&info);
    if (!c)
        (void)err_set(e, ERR_IO, "feed: libwebsockets cannot start");
    return c;
}

static int make_links(struct feed_thread *f, struct err *e)
{
    uint32_t n = f->about.universe->n_links;
    f->links = calloc(n + 1u, sizeof(struct feed_link *));
    f->env.links_up = calloc(n + 1u, sizeof(bool));
    f->env.wanted = calloc(f->about.universe->n_shards, sizeof(atomic_bool));
    if (!f->links || !f->env.links_up || !f->env.wanted)
        return err_set(e, ERR_NOMEM, "feed: out of memory");
    for (uint32_t i = 0; i < f->about.universe->n_shards; i++)
        atomic_init(&f->env.wanted[i], !f->about.cold);
    for (uint32_t i = 0; i < n; i++) {
        f->links[i] = feed_link_create(&f->env, i, e);
        if (!f->links[i])
            return -1;
    }
    return 0;
}

static void destroy(struct feed_thread *f)
{
    if (f->env.context)
        lws_context_destroy(f->env.context); /* closes the sockets through the callback */
    for (uint32_t i = 0; f->links && i < f->about.universe->n_links; i++)
        feed_link_destroy(f->links[i]);
    free(f->links);
    free(f->env.links_up);
    free(f->env.wanted);
    free(f);
}

struct feed_thread *feed_start(const struct feed_about *about, struct err *e)
{
    struct feed_thread *f = calloc(1, sizeof(*f));
    if (!f) {
        (void)err_set(e, ERR_NOMEM, "feed: out of memory");
        return NULL;
    }
    f->about = *about;
    intake_init(&f->intake,
                &(struct intake_about){about->ops, about->universe, about->journals, about->queues,
                                       about->metrics, about->on_stranger, about->ctx});
    f->env.about = &f->about;
    f->env.intake = &f->intake;
    f->env.failure = &f->failure;
    f->env.max_age_us =
        (about->max_age_ms ? about->max_age_ms : about->ops->max_age_ms) * US_PER_MS;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        f->env.proxied[kind] = is_proxied(about, kind);
    f->tick_us = (market_clock_now_us(about->clock) / US_PER_S + 1) * US_PER_S;
    atomic_init(&f->role, about->second ? ROLE_SECOND : ROLE_SERVES);
    if (!about->second)
        health_wait(about->health, "feed", "connecting");
    f->env.context = make_context(about, e);
    if (f->env.context && make_links(f, e) == 0) {
        int code = pthread_create(&f->thread, NULL, run, f);
        if (code == 0)
            return f;
        (void)err_set(e, ERR_NOMEM, "feed: no thread: %s", strerror(code));
    }
    destroy(f);
    return NULL;
}

void feed_stop(struct feed_thread *f)
{
    if (!f)
        return;
    atomic_store(&f->stop, true);
    lws_cancel_service(f->env.context);
    (void)pthread_join(f->thread, NULL); /* joinable, and joined once */
    recorder_flush(f->env.recorder);
    destroy(f);
}

void feed_take_over(struct feed_thread *f)
{
    atomic_store(&f->role, ROLE_SERVES);
}

void feed_give_way(struct feed_thread *f)
{
    atomic_store(&f->role, ROLE_SILENT);
}

bool feed_failed(struct feed_thread *f, struct err *e)
{
    if (!atomic_load(&f->failed))
        return false;
    *e = f->failure;
    return true;
}

void feed_want(struct feed_thread *f, uint32_t shard, bool wanted)
{
    atomic_store(&f->env.wanted[shard], wanted);
}

bool feed_is_up(struct feed_thread *f)
{
    return atomic_load(&f->up);
}
