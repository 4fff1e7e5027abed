#include "health.h"

#include "clock.h"
#include "json.h"
#include "listen.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdlib.h>
#include <ulfius.h>

enum { REASON_MAX = 200, BODY_LIMIT = 1 << 20 };

/* The part that waits from the first moment, so that no program is ready before it says so. */
static const char START[] = "start";

struct part {
    const char *name;
    bool waiting;
    char reason[REASON_MAX];
};

struct health {
    pthread_mutex_t lock; /* guards parts */
    struct part parts[HEALTH_PARTS_MAX];
    int n_parts;
    atomic_llong beat_us;
    struct metrics *metrics;
    struct _u_instance http;
    bool listening;
};

/* --- parts ----------------------------------------------------------------------------------- */

static struct part *part_locked(struct health *h, const char *name)
{
    for (int i = 0; i < h->n_parts; i++)
        if (strcmp(h->parts[i].name, name) == 0)
            return &h->parts[i];
    if (h->n_parts == HEALTH_PARTS_MAX)
        return NULL;
    h->parts[h->n_parts].name = name;
    return &h->parts[h->n_parts++];
}

static void set_part(struct health *h, const char *name, bool waiting, const char *reason)
{
    (void)pthread_mutex_lock(&h->lock);
    h->parts[0].waiting = false; /* START has done its work once a part speaks for itself */
    struct part *p = part_locked(h, name);
    if (p) {
        p->waiting = waiting;
        (void)snprintf(p->reason, sizeof(p->reason), "%s", reason);
    }
    (void)pthread_mutex_unlock(&h->lock);
}

void health_wait(struct health *h, const char *part, const char *reason)
{
    set_part(h, part, true, reason);
}

void health_ready(struct health *h, const char *part)
{
    set_part(h, part, false, "");
}

bool health_is_ready(struct health *h)
{
    bool ready = true;
    (void)pthread_mutex_lock(&h->lock);
    for (int i = 0; i < h->n_parts; i++)
        ready = ready && !h->parts[i].waiting;
    (void)pthread_mutex_unlock(&h->lock);
    return ready;
}

void health_beat(struct health *h)
{
    atomic_store_explicit(&h->beat_us, clock_mono_us(), memory_order_relaxed);
}

int64_t health_last_beat_us(const struct health *h)
{
    return atomic_load_explicit(&h->beat_us, memory_order_relaxed);
}

/* --- answers --------------------------------------------------------------------------------- */

static int answer(struct _u_response *res, unsigned status, const char *type,
                  const struct strbuf *body)
{
    if (ulfius_set_binary_body_response(res, status, body->data, body->len) != U_OK ||
        u_map_put(res->map_header, "Content-Type", type) != U_OK)
        return U_CALLBACK_ERROR;
    return U_CALLBACK_CONTINUE;
}

static int on_livez(const struct _u_request *req, struct _u_response *res, void *user)
{
    (void)req;
    struct health *h = user;
    int64_t quiet_us = clock_mono_us() - health_last_beat_us(h);
    bool alive = quiet_us < HEALTH_STALL_MS * US_PER_MS;
    struct strbuf b = STRBUF_INIT(BODY_LIMIT);
    int r = U_CALLBACK_ERROR;
    if (strbuf_addf(&b, "{\"status\":\"%s\",\"beat_age_ms\":%lld}\n", alive ? "alive" : "stalled",
                    (long long)(quiet_us / US_PER_MS)) == 0)
        r = answer(res, alive ? 200 : 503, "application/json", &b);
    strbuf_finish(&b);
    return r;
}

static int print_waiting_locked(const struct health *h, struct strbuf *b)
{
    const char *comma = "";
    for (int i = 0; i < h->n_parts; i++) {
        if (!h->parts[i].waiting)
            continue;
        if (strbuf_adds(b, comma) != 0 || json_add_string(b, slice_of(h->parts[i].name)) != 0 ||
            strbuf_addc(b, ':') != 0 || json_add_string(b, slice_of(h->parts[i].reason)) != 0)
            return -1;
        comma = ",";
    }
    return 0;
}

static int on_readyz(const struct _u_request *req, struct _u_response *res, void *user)
{
    (void)req;
    struct health *h = user;
    bool ready = health_is_ready(h);
    struct strbuf b = STRBUF_INIT(BODY_LIMIT);
    (void)pthread_mutex_lock(&h->lock);
    int r = strbuf_addf(&b, "{\"status\":\"%s\",\"waiting\":{", ready ? "ready" : "waiting");
    if (r == 0)
        r = print_waiting_locked(h, &b);
    (void)pthread_mutex_unlock(&h->lock);
    if (r == 0)
        r = strbuf_adds(&b, "}}\n");
    r = r == 0 ? answer(res, ready ? 200 : 503, "application/json", &b) : U_CALLBACK_ERROR;
    strbuf_finish(&b);
    return r;
}

static int on_metrics(const struct _u_request *req, struct _u_response *res, void *user)
{
    (void)req;
    struct health *h = user;
    struct strbuf b = STRBUF_INIT(BODY_LIMIT);
    int r = U_CALLBACK_ERROR;
    if (metrics_print(h->metrics, &b) == 0)
        r = answer(res, 200, "text/plain; version=0.0.4", &b);
    strbuf_finish(&b);
    return r;
}

/* --- listener -------------------------------------------------------------------------------- */

static int open_listener(struct health *h, const char *listen, struct err *e)
{
    struct sockaddr_in at;
    if (listen_parse(listen, &at, e) != 0)
        return err_prefix(e, "health.listen");
    if (ulfius_init_instance(&h->http, ntohs(at.sin_port), &at, NULL) != U_OK)
        return err_set(e, ERR_NOMEM, "health listener: out of memory");
    h->listening = true;
    if (ulfius_add_endpoint_by_val(&h->http, "GET", NULL, "/livez", 0, on_livez, h) != U_OK ||
        ulfius_add_endpoint_by_val(&h->http, "GET", NULL, "/readyz", 0, on_readyz, h) != U_OK ||
        ulfius_add_endpoint_by_val(&h->http, "GET", NULL, "/metrics", 0, on_metrics, h) != U_OK)
        return err_set(e, ERR_NOMEM, "health listener: out of memory");
    if (ulfius_start_framework(&h->http) != U_OK)
        return err_set(e, ERR_IO, "health.listen: cannot listen on %s (is the port in use?)",
                       listen);
    return 0;
}

struct health *health_start(const char *listen, struct metrics *metrics, struct err *e)
{
    struct health *h = calloc(1, sizeof(*h));
    if (!h || pthread_mutex_init(&h->lock, NULL) != 0) {
        free(h);
        (void)err_set(e, ERR_NOMEM, "health: out of memory");
        return NULL;
    }
    h->metrics = metrics;
    h->parts[h->n_parts++] = (struct part){START, true, "the program is starting"};
    health_beat(h);
    if (*listen && open_listener(h, listen, e) != 0) {
        health_stop(h);
        return NULL;
    }
    return h;
}

void health_stop(struct health *h)
{
    if (!h)
        return;
    if (h->listening) {
        (void)ulfius_stop_framework(&h->http); /* fails only where it never started */
        ulfius_clean_instance(&h->http);
    }
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}
