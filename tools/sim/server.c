#include "server_internal.h"

#include "listen.h"
#include "log.h"
#include "timefmt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TURN_MIN_US = 1000, TURN_MAX_US = 100000, TIMEOUT_S = 30, KEEPALIVE_S = 60, SPARE_FDS = 64 };

enum { CLOSED = 10, FAULTS }; /* behind those without a label */

static const struct metric_desc descs[] = {
    {"candlewick_sim_trades_total", "trades the market made", METRIC_COUNTER, 1},
    {"candlewick_sim_unheard_trades_total", "trades nobody was subscribed to", METRIC_COUNTER, 1},
    {"candlewick_sim_quotes_total", "quotes the market made", METRIC_COUNTER, 1},
    {"candlewick_sim_plants_total", "opportunities planted", METRIC_COUNTER, 1},
    {"candlewick_sim_queued_frames_total", "trade frames queued for clients", METRIC_COUNTER, 1},
    {"candlewick_sim_queued_quotes_total", "quote frames queued for clients", METRIC_COUNTER, 1},
    {"candlewick_sim_sent_messages_total", "messages written to sockets", METRIC_COUNTER, 1},
    {"candlewick_sim_accepted_connections_total", "WebSocket connections opened", METRIC_COUNTER,
     1},
    {"candlewick_sim_connections", "WebSocket connections open now", METRIC_GAUGE, 1},
    {"candlewick_sim_behind_seconds", "how late the market is", METRIC_GAUGE, 1000000},
    [CLOSED] = {"candlewick_sim_closed_connections_total", "WebSocket connections ended",
                METRIC_COUNTER, 1, "reason"},
    [FAULTS] = {"candlewick_sim_faults_total", "frames, connections and requests that met a fault",
                METRIC_COUNTER, 1, "fault"},
};
const struct metric_table server_metric_table = METRIC_TABLE(descs);

/* --- shared by the server's files ------------------------------------------------------------ */

void server_fail(struct server *s, const struct err *e)
{
    if (s->failed)
        return;
    s->failed = true;
    s->failure = *e;
}

struct site server_site(struct server *s)
{
    return (struct site){
        .listing = s->parts.listing,
        .market = s->parts.market,
        .history = s->parts.history,
        .tickers = s->parts.tickers,
        .budget = &s->budget,
        .skew_us = s->skew_us,
    };
}

int64_t server_market_us(const struct server *s)
{
    return market_clock_now_us(s->parts.clock);
}

int64_t server_shown_us(const struct server *s)
{
    return server_market_us(s) + s->skew_us;
}

const char *close_reason_name(enum close_reason reason)
{
    static const char *const names[CLOSE_REASONS] = {"client",   "slow", "pong",    "age",
                                                     "requests", "size", "silence", "fault"};
    return names[reason];
}

int server_write(struct server *s, struct lws *wsi, struct slice bytes, enum lws_write_protocol as)
{
    static const char room[LWS_PRE] = {0};
    strbuf_reset(&s->scratch);
    if (strbuf_add(&s->scratch, room, sizeof(room)) != 0 ||
        strbuf_add(&s->scratch, bytes.data, bytes.len) != 0)
        return -1;
    unsigned char *start = (unsigned char *)s->scratch.data + LWS_PRE;
    return lws_write(wsi, start, bytes.len, as) < 0 ? -1 : 0;
}

/* --- events ---------------------------------------------------------------------------------- */

static void arm_timer(struct server *s, int64_t wait_us)
{
    if (wait_us < TURN_MIN_US)
        wait_us = TURN_MIN_US; /* trades that are due together leave together */
    if (wait_us > TURN_MAX_US)
        wait_us = TURN_MAX_US;
    struct itimerspec t = {.it_value = {wait_us / US_PER_S, wait_us % US_PER_S * 1000}};
    if (timerfd_settime(s->timer_fd, 0, &t, NULL) != 0) {
        struct err e = {0};
        (void)err_set(&e, ERR_IO, "timer: %s", strerror(errno));
        server_fail(s, &e);
    }
}

static int on_timer(struct server *s)
{
    uint64_t n;
    if (read(s->timer_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        return -1;
    int64_t now_us = clock_mono_us();
    health_beat(s->parts.health);
    if (now_us >= s->check_due_us) {
        ws_check(s, now_us);
        s->check_due_us = now_us + TURN_MAX_US;
    }
    int64_t fault_wait_us = fault_run(s); /* before what the market has to tell now */
    int64_t wait_us = feed_run(s);
    arm_timer(s, wait_us < fault_wait_us ? wait_us : fault_wait_us);
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct slot *slot = user;
    struct server *s = lws_context_user(lws_get_context(wsi));
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        return tls_loaded(s, user);
    case LWS_CALLBACK_RAW_RX_FILE:
        return on_timer(s);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return in && strcmp(in, "websocket") == 0 ? ws_confirm(s, wsi) : -1;
    case LWS_CALLBACK_ESTABLISHED:
        return ws_opened(s, wsi, slot);
    case LWS_CALLBACK_RECEIVE:
        return ws_received(slot->conn, slice_make(in, len));
    case LWS_CALLBACK_RECEIVE_PONG:
        return ws_pong(slot->conn, slice_make(in, len));
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return ws_writable(slot->conn);
    case LWS_CALLBACK_CLOSED:
        ws_closed(s, slot);
        return 0;
    case LWS_CALLBACK_HTTP:
        return http_request(s, wsi, slot);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_writable(s, wsi, slot);
    case LWS_CALLBACK_TIMER:
        return http_timer(s, wsi, slot);
    case LWS_CALLBACK_HTTP_BODY:
        return http_body(slot, slice_make(in, len));
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_body_whole(s, wsi, slot);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        http_closed(slot);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "sim",
     .callback = on_event,
     .per_session_data_size = sizeof(struct slot),
     .tx_packet_size = CHUNK_BYTES},
    {.name = NULL},
};

static const struct lws_extension extensions[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"},
    {NULL, NULL, NULL},
};

/* --- life ------------------------------------------------------------------------------------ */

static int add_labelled(struct server *s, int desc, const char *value, struct metric **ret,
                        struct err *e)
{
    char label[48];
    (void)snprintf(label, sizeof(label), "%s=\"%s\"", descs[desc].labels, value);
    *ret = metrics_add(s->parts.metrics, &descs[desc], label, e);
    return *ret ? 0 : -1;
}

static int add_metrics(struct server *s, struct err *e)
{
    struct metric **slots[CLOSED] = {&s->m.trades, &s->m.unheard,       &s->m.quotes, &s->m.plants,
                                     &s->m.queued, &s->m.queued_quotes, &s->m.sent,   &s->m.opened,
                                     &s->m.open,   &s->m.behind_us};
    for (size_t i = 0; i < CLOSED; i++) {
        *slots[i] = metrics_add(s->parts.metrics, &descs[i], "", e);
        if (!*slots[i])
            return -1;
    }
    int r = 0;
    for (int i = 0; r == 0 && i < CLOSE_REASONS; i++)
        r = add_labelled(s, CLOSED, close_reason_name((enum close_reason)i), &s->m.closed[i], e);
    for (int i = 0; r == 0 && i < FAULT_KINDS; i++)
        r = add_labelled(s, FAULTS, fault_name((enum fault_kind)i), &s->m.faults[i], e);
    return r;
}

/* lws says what is wrong only in its log, so the port is tried first. */
static int try_port(const struct server_config *config, const struct sockaddr_in *at, struct err *e)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(e, ERR_IO, "socket: %s", strerror(errno));
    int r = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (r == 0)
        r = bind(fd, (const struct sockaddr *)at, sizeof(*at));
    if (r == 0)
        r = listen(fd, 1);
    if (r != 0)
        r = err_set(e, ERR_IO, "cannot listen on %s: %s", config->listen, strerror(errno));
    (void)close(fd); /* it was only a trial */
    return r;
}

static void lws_log(int level, const char *line)
{
    (void)level;
    size_t len = strlen(line);
    while (len > 0 && line[len - 1] == '\n')
        len--;
    log_debug("lws", "note", LOG_SLICE("text", slice_make(line, len)));
}

static int open_listener(struct server *s, struct err *e)
{
    struct sockaddr_in at;
    char host[INET_ADDRSTRLEN];
    if (listen_parse(s->config.listen, &at, e) != 0)
        return err_prefix(e, "listen");
    if (try_port(&s->config, &at, e) != 0)
        return -1;
    bool any = at.sin_addr.s_addr == htonl(INADDR_ANY);
    (void)inet_ntop(AF_INET, &at.sin_addr, host, sizeof(host)); /* of the right size */
    lws_set_log_level(LLL_ERR | LLL_WARN, lws_log);
    static const lws_retry_bo_t no_idle_policy = {0}; /* lws would ping, and hang up, by itself */
    struct lws_context_creation_info info = {
        .port = ntohs(at.sin_port),
        .iface = any ? NULL : host,
        .protocols = protocols,
        .extensions = s->config.deflate ? extensions : NULL,
        .user = s,
        .gid = -1,
        .uid = -1,
        .options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .server_string = "cw-sim",
        .fd_limit_per_thread = (unsigned)s->config.connections_max + SPARE_FDS,
        .max_http_header_data2 = URL_TEXT_MAX,
        .timeout_secs = TIMEOUT_S,
        .keepalive_timeout = KEEPALIVE_S,
        .retry_and_idle_policy = &no_idle_policy,
    };
    if (tls_use(s, &info, e) != 0)
        return -1;
    s->context = lws_create_context(&info);
    if (!s->context)
        return err_set(e, ERR_IO, "cannot listen on %s%s%s (log.level=debug shows more)",
                       s->config.listen, *s->config.tls_cert ? " with the certificate " : "",
                       s->config.tls_cert);
    return 0;
}

static int open_timer(struct server *s, struct err *e)
{
    s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (s->timer_fd < 0)
        return err_set(e, ERR_IO, "timer: %s", strerror(errno));
    lws_sock_file_fd_type fd = {.filefd = s->timer_fd};
    struct lws_vhost *vhost = lws_get_vhost_by_name(s->context, "default");
    if (!vhost ||
        !lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, fd, protocols[0].name, NULL)) {
        (void)close(s->timer_fd);
        return err_set(e, ERR_NOMEM, "timer: libwebsockets cannot take it");
    }
    arm_timer(s, 0);
    return 0;
}

struct server *server_create(const struct server_config *config, const struct server_parts *parts,
                             struct err *e)
{
    struct server *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "server: out of memory");
        return NULL;
    }
    s->config = *config;
    s->parts = *parts;
    s->budget.limit = config->weight_max;
    strbuf_init(&s->scratch, MESSAGE_LIMIT + LWS_PRE);
    s->answers = (struct outq)OUTQ_INIT((size_t)config->queue_bytes);
    for (int i = 0; i < DIALECT_FORMS_MAX; i++)
        strbuf_init(&s->frames[i], MESSAGE_LIMIT);
    if (add_metrics(s, e) == 0 && open_listener(s, e) == 0 && open_timer(s, e) == 0) {
        feed_try_start(s);
        return s;
    }
    server_destroy(s);
    return NULL;
}

void server_destroy(struct server *s)
{
    if (!s)
        return;
    if (s->context)
        lws_context_destroy(s->context); /* closes every connection, and the timer */
    tls_destroy(s->tls);
    strbuf_finish(&s->scratch);
    outq_finish(&s->answers);
    for (int i = 0; i < DIALECT_FORMS_MAX; i++)
        strbuf_finish(&s->frames[i]);
    free(s);
}

int server_service(struct server *s, struct err *e)
{
    if (!s->failed && lws_service(s->context, 0) < 0 && errno != EINTR) {
        struct err lost = {0};
        (void)err_set(&lost, ERR_IO, "libwebsockets stopped serving");
        server_fail(s, &lost);
    }
    if (!s->failed)
        return 0;
    *e = s->failure;
    return -1;
}
