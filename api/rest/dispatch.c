#include "dispatch.h"

#include "clock.h"
#include "cors.h"
#include "timefmt.h"

#include <stdio.h>
#include <string.h>

#define METHODS "GET, HEAD, OPTIONS"

enum { REQUESTS, TIME };

static const struct metric_desc descs[] = {
    [REQUESTS] = {"candlewick_api_requests_total",
                  "requests answered, by route and class of status", METRIC_COUNTER, 1,
                  "route,status"},
    [TIME] = {"candlewick_api_request_seconds_total", "time spent on requests, by route",
              METRIC_COUNTER, 1000000, "route"},
};
const struct metric_table dispatch_metric_table = METRIC_TABLE(descs);

/* --- set-up ---------------------------------------------------------------------------------- */

static int add_metrics(struct route_metrics *m, const char *route, struct metrics *metrics,
                       struct err *e)
{
    char labels[96];
    for (int i = 2; i < DISPATCH_CLASSES; i++) {
        (void)snprintf(labels, sizeof(labels), "route=\"%s\",status=\"%dxx\"", route, i);
        m->requests[i] = metrics_add(metrics, &descs[REQUESTS], labels, e);
        if (!m->requests[i])
            return -1;
    }
    (void)snprintf(labels, sizeof(labels), "route=\"%s\"", route);
    m->time_us = metrics_add(metrics, &descs[TIME], labels, e);
    return m->time_us ? 0 : -1;
}

int dispatch_init(struct dispatch *d, const struct rest_conf *conf, struct err *e)
{
    *d = (struct dispatch){.pool = conf->pool,
                           .assets = conf->assets,
                           .cors_origin = conf->cors_origin,
                           .failures = {.interval_us = 10 * US_PER_S}};
    int n = 0;
    for (; routes[n].name; n++)
        if (add_metrics(&d->metrics[n], routes[n].name, conf->metrics, e) != 0)
            return -1;
    if (add_metrics(&d->metrics[n], "none", conf->metrics, e) != 0)
        return -1;
    if (pthread_mutex_init(&d->lock, NULL) != 0)
        return err_set(e, ERR_NOMEM, "out of memory for a lock");
    return 0;
}

void dispatch_finish(struct dispatch *d)
{
    (void)pthread_mutex_destroy(&d->lock);
}

/* --- one request ----------------------------------------------------------------------------- */

static int no_such_path(struct problem *p)
{
    for (int i = 0; routes[i].name; i++)
        problem_add_name(p, routes[i].path);
    return problem_set(p, PROBLEM_NOT_FOUND, "endpoints lists the paths there are");
}

static int bad_target(struct problem *p, const struct err *e)
{
    return problem_set(p, e->code == ERR_LIMIT ? PROBLEM_URL_TOO_LONG : PROBLEM_MALFORMED_URL, "%s",
                       e->text);
}

/* Our own failures are logged, each kind of thing once in a while. A database that is away is the
 * business of who watches it. */
static void log_failure(struct dispatch *d, const struct route *route, const struct err *e)
{
    (void)pthread_mutex_lock(&d->lock);
    bool pass = log_limit_pass(&d->failures, clock_mono_us());
    int64_t held = d->failures.held;
    (void)pthread_mutex_unlock(&d->lock);
    if (pass)
        log_error("rest", "request failed, answering 500", LOG_STR("route", route->name),
                  LOG_STR("code", err_code_name(e->code)), LOG_ERR(e), LOG_INT("suppressed", held));
}

/* Fills body, or *p. */
static int answer(struct dispatch *d, const struct route *route, const struct _u_request *req,
                  struct strbuf *body, struct problem *p)
{
    struct target target;
    struct err e = {0};
    if (target_parse(req->http_url, &target, &e) != 0)
        return bad_target(p, &e);
    if (!route)
        return no_such_path(p);
    if (strcmp(req->http_verb, "GET") != 0 && strcmp(req->http_verb, "HEAD") != 0)
        return problem_set(p, PROBLEM_METHOD_NOT_ALLOWED, "%.32s; there are " METHODS,
                           req->http_verb);
    struct request request = {&target, d->pool, d->assets};
    params_check_names(&target, route->params, p);
    if (route->answer(&request, body, p, &e) == 0)
        return 0;
    if (p->kind == PROBLEM_NONE) {
        (void)problem_from_err(p, &e);
        if (p->kind == PROBLEM_INTERNAL)
            log_failure(d, route, &e);
    }
    return -1;
}

static int add_cors(const struct dispatch *d, const struct _u_request *req, bool preflight,
                    struct _u_map *headers)
{
    char allow[CORS_ORIGIN];
    if (*d->cors_origin == '\0')
        return U_OK;
    int r = U_OK;
    if (strcmp(d->cors_origin, "*") != 0)
        r = u_map_put(headers, "Vary", "Origin");
    if (r != U_OK || !cors_allow(d->cors_origin, u_map_get_case(req->map_header, "Origin"), allow))
        return r;
    r = u_map_put(headers, "Access-Control-Allow-Origin", allow);
    if (r == U_OK && !preflight)
        r = u_map_put(headers, "Access-Control-Expose-Headers", "Retry-After");
    if (r == U_OK && preflight)
        r = u_map_put(headers, "Access-Control-Allow-Methods", METHODS);
    if (r == U_OK && preflight)
        r = u_map_put(headers, "Access-Control-Allow-Headers", "Accept, Content-Type");
    if (r == U_OK && preflight)
        r = u_map_put(headers, "Access-Control-Max-Age", "86400");
    return r;
}

static int add_problem_headers(const struct problem *p, struct _u_map *headers)
{
    int r = U_OK;
    char seconds[16];
    unsigned retry_after_s = problem_retry_after_s(p->kind);
    if (p->kind == PROBLEM_METHOD_NOT_ALLOWED)
        r = u_map_put(headers, "Allow", METHODS);
    if (r == U_OK && retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
        r = u_map_put(headers, "Retry-After", seconds);
    }
    return r;
}

/* GET, HEAD and what is neither. Returns ulfius' code. */
static int respond(struct dispatch *d, const struct route *route, const struct _u_request *req,
                   struct _u_response *res)
{
    struct strbuf body = STRBUF_INIT(SERVER_BODY_MAX);
    struct problem p = {0};
    int r = U_OK;
    if (answer(d, route, req, &body, &p) != 0) {
        strbuf_reset(&body);
        if (problem_render(&p, req->url_path, &body) != 0)
            r = U_ERROR_MEMORY;
    }
    if (r == U_OK)
        r = u_map_put(res->map_header, "Content-Type",
                      p.kind == PROBLEM_NONE ? "application/json" : "application/problem+json");
    if (r == U_OK)
        r = add_problem_headers(&p, res->map_header);
    if (r == U_OK)
        r = ulfius_set_binary_body_response(res, problem_status(p.kind), body.data, body.len);
    strbuf_finish(&body);
    return r;
}

static int preflight(struct _u_response *res)
{
    res->status = 204;
    return u_map_put(res->map_header, "Allow", METHODS);
}

static void count(struct dispatch *d, const struct route *route, long status, int64_t time_us)
{
    int i = 0;
    while (routes[i].name && &routes[i] != route)
        i++;
    long class = status / 100;
    if (class >= 2 && class < DISPATCH_CLASSES)
        metric_inc(d->metrics[i].requests[class], 1);
    metric_inc(d->metrics[i].time_us, time_us);
}

int dispatch_request(const struct _u_request *req, struct _u_response *res, void *user)
{
    const struct dispatch_route *to = user;
    int64_t start_us = clock_mono_us();
    bool options = to->route && strcmp(req->http_verb, "OPTIONS") == 0;
    int r = options ? preflight(res) : respond(to->d, to->route, req, res);
    if (r == U_OK)
        r = add_cors(to->d, req, options, res->map_header);
    if (r == U_OK && atomic_load_explicit(&to->d->closing, memory_order_relaxed))
        r = u_map_put(res->map_header, "Connection", "close");
    int64_t time_us = clock_mono_us() - start_us;
    count(to->d, to->route, r == U_OK ? res->status : 500, time_us);
    log_debug("rest", "answered", LOG_STR("method", req->http_verb), LOG_STR("path", req->url_path),
              LOG_INT("status", res->status), LOG_INT("us", time_us));
    return r == U_OK ? U_CALLBACK_COMPLETE : U_CALLBACK_ERROR;
}
