#include "instruments_load.h"

#include "backoff.h"
#include "clock.h"
#include "log.h"
#include "timefmt.h"

#include <errno.h>
#include <stdio.h>

enum {
    BODY_MAX_BYTES = 64 << 20,
    SAY_EVERY_S = 10,
    READ_BYTES = 64 << 10,
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

static int ask(const struct instruments_source *from, const struct http_request *req,
               struct instruments *ret, struct err *e)
{
    struct rest_answer answer = {.body = STRBUF_INIT(BODY_MAX_BYTES)};
    int r = rest_get(from->rest, req, &answer, e);
    if (r == 0 && answer.status != 200)
        r = err_retry(e, ERR_IO, "%.120s: HTTP status %ld", req->path, answer.status);
    if (r == 0)
        r = parse(from, &answer.body, ret, e);
    strbuf_finish(&answer.body);
    return r;
}

static int load_rest(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    struct backoff b = {.seed = (uint64_t)clock_real_us()};
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    struct http_request req;
    if (from->ops->instruments_request(&req, e) != 0)
        return -1;
    health_wait(from->program->health, "instruments", "asking for the list");
    for (;;) {
        if (ask(from, &req, ret, e) == 0)
            return 0;
        if (!e->retriable)
            return -1;
        health_wait(from->program->health, "instruments", e->text);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("instruments", "waiting for the exchange's list",
                     LOG_STR("exchange", from->ops->name), LOG_ERR(e));
        int64_t wait_us = backoff_next_us(&b);
        int64_t allowed_us = instruments_wait_us(from, clock_mono_us());
        if (wait_us < allowed_us)
            wait_us = allowed_us;
        if (!program_pause(from->program, wait_us / US_PER_MS + 1))
            return err_set(e, ERR_STOPPED, "stopped while waiting for the exchange");
    }
}

int64_t instruments_wait_us(const struct instruments_source *from, int64_t now_us)
{
    struct http_request req;
    struct err e = {0};
    if (*from->file || from->ops->instruments_request(&req, &e) != 0)
        return 0; /* asked, it says so */
    return rest_wait_us(from->rest, req.weight, now_us);
}

int instruments_ask(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    struct http_request req;
    if (*from->file)
        return load_file(from, ret, e);
    if (from->ops->instruments_request(&req, e) != 0)
        return -1;
    return ask(from, &req, ret, e);
}

int instruments_load(const struct instruments_source *from, struct instruments *ret, struct err *e)
{
    int r = *from->file ? load_file(from, ret, e) : load_rest(from, ret, e);
    if (r == 0)
        health_ready(from->program->health, "instruments");
    return r;
}
