#include "fetch_case.h"

#include "bell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- the exchange ----------------------------------------------------------------------------- */

static int request(const struct history_query *q, struct http_request *ret, struct err *e)
{
    if (q->first_id == 13)
        return err_set(e, ERR_LIMIT, "no such id");
    *ret = (struct http_request){.endpoint = "rest", .weight = FETCH_CASE_WEIGHT};
    (void)snprintf(ret->path, sizeof(ret->path), "/trades?from=%lld", (long long)q->first_id);
    return 0;
}

static int emit_trade(int64_t id, bool has_sequence, emit_fn emit, void *ctx, struct err *e)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)id);
    const struct event ev = {.type = EVENT_TRADE,
                             .has_sequence = has_sequence,
                             .sequence = id,
                             .trade_id = slice_make(text, (size_t)n),
                             .price = {1},
                             .amount = {1},
                             .has_exchange_time = true,
                             .exchange_time_us = 10 * id};
    return emit(ctx, &ev, e);
}

static int parse(struct history_query *q, long status, struct slice body, emit_fn emit, void *ctx,
                 struct err *e)
{
    char text[40];
    (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(body));
    char *ids = text + strcspn(text, " ");
    int64_t id = strtoll(ids, &ids, 10);
    int64_t end = *ids == '-' ? strtoll(ids + 1, NULL, 10) + 1 : id;
    if (status != 200)
        return err_set(e, ERR_NOT_FOUND, "the exchange says no");
    if (strcmp(text, "what") == 0)
        return err_set(e, ERR_PROTO, "not understood");
    if (strcmp(text, "soon") == 0)
        return err_retry(e, ERR_IO, "maintenance");
    if (strcmp(text, "busy") == 0) {
        (void)err_set(e, ERR_IO, "too often");
        return HISTORY_BUSY;
    }
    if (strchr(text, 'x'))
        return emit_trade(1, false, emit, ctx, e);
    for (; id < end; id++) {
        if (emit_trade(id, true, emit, ctx, e) != 0)
            return -1;
        q->first_id = id + 1;
    }
    return strncmp(text, "more", 4) == 0 ? HISTORY_MORE : HISTORY_DONE;
}

static const struct rest_rules rules = {
    .weight_max = FETCH_CASE_WEIGHT_MAX, .window_ms = 60000, .busy_ms = FETCH_CASE_BUSY_S * 1000};
static const struct exchange_ops ops = {
    .name = "test", .rest = &rules, .history_request = request, .parse_history = parse};

/* --- the server ------------------------------------------------------------------------------- */

static bool answer(void *ctx, const char *path, struct http_answer *ret)
{
    struct fetch_case *f = ctx;
    ret->text = f->text;
    return !f->silent && strncmp(path, "/base/trades?from=", 18) == 0;
}

void fetch_case_answer(struct fetch_case *f, const char *head, const char *body)
{
    f->silent = head == NULL;
    (void)snprintf(f->text, sizeof(f->text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
                   head ? head : "", strlen(body), body);
}

/* --- setup and teardown ------------------------------------------------------------------------
 */

int fetch_case_setup(void **state)
{
    struct err e = {0};
    struct fetch_case *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    f->clock = MARKET_CLOCK_REAL;
    f->server = http_case_start(answer, f);
    f->quota = rest_quota_create(&rules, &e);
    f->registry = metrics_create(&e);
    f->bell = bell_create(&e);
    f->about = (struct repair_fetch_about){.ops = &ops,
                                           .rest_url = http_case_url(f->server),
                                           .quota = f->quota,
                                           .clock = &f->clock,
                                           .metrics = &f->metrics,
                                           .bell = f->bell};
    if (!f->quota || !f->registry || !f->bell)
        return -1;
    return producer_metrics_add(&f->metrics, f->registry, "test", &e);
}

int fetch_case_teardown(void **state)
{
    struct fetch_case *f = *state;
    repair_fetch_stop(f->fetch);
    http_case_stop(f->server);
    rest_quota_destroy(f->quota);
    bell_destroy(f->bell);
    metrics_destroy(f->registry);
    free(f);
    return 0;
}
