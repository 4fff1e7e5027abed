#include "server.h"

#include "clock.h"
#include "dispatch.h"
#include "listen.h"
#include "timefmt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PATTERNS_MAX = 3,
    BACKLOG = 512,
    STACK_BYTES = 512 << 10, /* of a connection's thread; libpq resolves names on it */
    UPLOAD_MAX = 1,          /* bytes kept of a body that is sent to us: 0 would mean all */
};

struct rest {
    struct _u_instance http;
    bool has_http;
    struct sockaddr_in at;
    int fd;                /* listening; -1 once libmicrohttpd or nobody has it */
    atomic_int unanswered; /* requests begun whose answer is not yet out */
    bool has_dispatch;
    struct dispatch dispatch;
    struct dispatch_route to[DISPATCH_ROUTES_MAX + 1];
};

/* --- what libmicrohttpd calls ---------------------------------------------------------------- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct rest *r = cls;
    (void)connection;
    atomic_fetch_add(&r->unanswered, 1);
    return ulfius_uri_logger(NULL, uri);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct rest *r = cls;
    mhd_request_completed(NULL, connection, request, how);
    atomic_fetch_sub(&r->unanswered, 1);
}

/* Mostly clients that went away in the middle of something. */
static void on_log(void *cls, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    char text[256];
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    log_debug("rest", "libmicrohttpd", LOG_STR("text", text));
}

/* --- start ----------------------------------------------------------------------------------- */

static int open_socket(struct rest *r, const char *listen_at, struct err *e)
{
    int on = 1;
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0 || setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(r->fd, (const struct sockaddr *)&r->at, sizeof(r->at)) != 0 ||
        listen(r->fd, BACKLOG) != 0)
        return err_set(e, ERR_IO, "listen: cannot listen on %s: %s", listen_at, strerror(errno));
    return 0;
}

static int add_endpoints(struct rest *r)
{
    for (int i = 0; routes[i].name; i++) {
        r->to[i] = (struct dispatch_route){&r->dispatch, &routes[i]};
        for (int k = 0; k < PATTERNS_MAX && routes[i].patterns[k]; k++)
            if (ulfius_add_endpoint_by_val(&r->http, "*", NULL, routes[i].patterns[k], 0,
                                           dispatch_request, &r->to[i]) != U_OK)
                return -1;
    }
    struct dispatch_route *none = &r->to[DISPATCH_ROUTES_MAX];
    *none = (struct dispatch_route){&r->dispatch, NULL};
    return ulfius_set_default_endpoint(&r->http, dispatch_request, none) == U_OK ? 0 : -1;
}

static int start_http(struct rest *r, struct err *e)
{
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL}, /* must come first */
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, r},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_uri, r},
        {MHD_OPTION_LISTEN_SOCKET, r->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, SERVER_IDLE_S, NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL},
        {MHD_OPTION_END, 0, NULL}};
    if (ulfius_init_instance(&r->http, ntohs(r->at.sin_port), &r->at, NULL) != U_OK)
        return err_set(e, ERR_NOMEM, "out of memory for the server");
    r->has_http = true;
    r->http.max_post_body_size = UPLOAD_MAX;
    r->http.allowed_post_processor = U_POST_PROCESS_NONE;
    if (add_endpoints(r) != 0)
        return err_set(e, ERR_NOMEM, "out of memory for the server");
    /* With select(), not poll(): only then it stops accepting at the limit, where poll() accepts
     * and hangs up. Our limits keep descriptors far below FD_SETSIZE. */
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    if (ulfius_start_framework_with_mhd_options(&r->http, flags, options) != U_OK)
        return err_set(e, ERR_IO, "libmicrohttpd does not start");
    r->fd = -1; /* now libmicrohttpd's */
    return 0;
}

struct rest *rest_start(const struct rest_conf *conf, struct err *e)
{
    struct rest *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "out of memory for the server");
        return NULL;
    }
    r->fd = -1;
    if (listen_parse(conf->listen, &r->at, e) != 0) {
        (void)err_prefix(e, "listen");
        goto out;
    }
    if (dispatch_init(&r->dispatch, conf, e) != 0)
        goto out;
    r->has_dispatch = true;
    if (open_socket(r, conf->listen, e) == 0 && start_http(r, e) == 0)
        return r;
out:
    rest_stop(r);
    return NULL;
}

/* --- stop ------------------------------------------------------------------------------------ */

static void wait_answered(struct rest *r, int64_t ms)
{
    const struct timespec turn = {0, 10 * 1000 * 1000};
    int64_t end_us = clock_mono_us() + ms * US_PER_MS;
    while (atomic_load(&r->unanswered) > 0 && clock_mono_us() < end_us)
        (void)nanosleep(&turn, NULL);
}

void rest_drain(struct rest *r, int64_t ms)
{
    atomic_store(&r->dispatch.closing, true);
    MHD_socket fd = MHD_quiesce_daemon(r->http.mhd_daemon);
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd);
    wait_answered(r, ms);
}

void rest_stop(struct rest *r)
{
    enum { LAST_WAIT_MS = 1000 };
    if (!r)
        return;
    if (r->has_http) {
        wait_answered(r, LAST_WAIT_MS);
        (void)ulfius_stop_framework(&r->http); /* fails only where it never started */
        ulfius_clean_instance(&r->http);
    }
    if (r->fd >= 0)
        (void)close(r->fd);
    if (r->has_dispatch)
        dispatch_finish(&r->dispatch);
    free(r);
}
