#include "instruments_load.h"

#include "backoff.h"
#include "clock.h"
#include "http_get.h"
#include "log.h"
#include "timefmt.h"
#include "url.h"

#include <errno.h>
#include <stdio.h>

enum {
    BODY_MAX_BYTES = 64 << 20,
    REQUEST_TIMEOUT_S = 60, /* some lists have 20 MB */
    SAY_EVERY_S = 10,
    READ_BYTES = 64 << 10,
    RETRY_AFTER_MAX_S = 3600,
};

static int parse(const struct instruments_source *from, const struct strbuf *body,
                 struct instruments *ret, struct err *e)
{
    struct instruments all = {0};
    *e = (struct err){0};
    int left_out = from->ops->parse_instruments(strbuf_slice(body), instruments_add, &all, e);
    if (left_out >= 0 && all.n == 0)
        left_out = err_set(e, ERR_NOT_FOUND, "%s lists no pair", from->ops->name);
    if (left_out < 0) {
        instruments_finish(&all);
        return -1;
    }
    log_info("instruments", "read", LOG_STR("exchange", from->ops->name),
             LOG_INT("pairs", (int64_t)all.n), LOG_INT("left_out", left_out));
    if (e->code != ERR_NONE)
        log_warn("instruments", "malformed pairs are left out",
                 LOG_STR("exchange", from->ops->name), LOG_ERR(e));
    *ret = all;
    return 0;
}

/* --- file ------------------------------------------------------------------------------------ */

static int read_stream(FILE *f, const char *path, struct strbuf *body, struct err *e)
{
    for (;;) {
        if (strbuf_reserve(body, READ_BYTES) != 0)
            return err_set(e, ERR_LIMIT, "instruments: %.150s is longer than %d bytes", path,
                           BODY_MAX_BYTES);
        size_t n = fread(body->data + body->len, 1, READ_BYTES, f);
        body->len += n;
        body->data[body->len] = '\0';
        if (n < READ_BYTES)
            break;
    }
    if (ferror(f))
        return err_set(e, ERR_IO, "instruments: %.150s: %s", path, strerror(errno));
    return 0;
}

static int load_file(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    struct strbuf body = STRBUF_INIT(BODY_MAX_BYTES);
    FILE *f = fopen(from->file, "r");
    if (!f)
        return err_set(e, ERR_IO, "instruments: %.150s: %s", from->file, strerror(errno));
    int r = read_stream(f, from->file, &body, e);
    if (r == 0 && parse(from, &body, ret, e) != 0)
        r = err_prefix(e, "%.100s", from->file);
    (void)fclose(f); /* only read */
    strbuf_finish(&body);
    return r;
}

/* --- REST ------------------------------------------------------------------------------------ */

static bool stopping(void *ctx)
{
    struct program *p = ctx;
    health_beat(p->health);
    return program_stopping();
}

static int ask(const struct instruments_source *from, int64_t *ret_wait_s, struct instruments *ret,
               struct err *e)
{
    struct http_request req;
    struct url u;
    char url[1024];
    if (from->ops->instruments_request(&req, e) != 0 || url_parse(from->rest_url, &u, e) != 0)
        return -1;
    int n = snprintf(url, sizeof(url), "%s%s", from->rest_url, req.path);
    if (n < 0 || (size_t)n >= sizeof(url))
        return err_set(e, ERR_CONF, "the REST URL of %s is too long", from->ops->name);
    struct strbuf body = STRBUF_INIT(BODY_MAX_BYTES);
    struct http_get get = {.url = url,
                           .direct = url_is_loopback(&u),
                           .timeout_s = REQUEST_TIMEOUT_S,
                           .stopping = stopping,
                           .ctx = from->program};
    int r = http_get(&get, &body, e);
    if (r == 0)
        r = parse(from, &body, ret, e);
    strbuf_finish(&body);
    *ret_wait_s = get.retry_after_s < RETRY_AFTER_MAX_S ? get.retry_after_s : RETRY_AFTER_MAX_S;
    return r;
}

static int load_rest(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    struct backoff b = {.seed = (uint64_t)clock_real_us()};
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    health_wait(from->program->health, "instruments", "asking for the list");
    for (;;) {
        int64_t asked_s = 0;
        if (ask(from, &asked_s, ret, e) == 0)
            return 0;
        if (!e->retriable)
            return -1;
        health_wait(from->program->health, "instruments", e->text);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("instruments", "waiting for the exchange's list",
                     LOG_STR("exchange", from->ops->name), LOG_ERR(e));
        int64_t wait_ms = backoff_next_us(&b) / US_PER_MS;
        if (wait_ms < asked_s * 1000)
            wait_ms = asked_s * 1000;
        if (!program_pause(from->program, wait_ms))
            return err_set(e, ERR_STOPPED, "stopped while waiting for the exchange");
    }
}

int instruments_load(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    int r = *from->file ? load_file(from, ret, e) : load_rest(from, ret, e);
    if (r == 0)
        health_ready(from->program->health, "instruments");
    return r;
}
