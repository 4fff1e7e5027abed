/**
 * One exchange's REST: one request at a time, within what the exchange allows, over one connection
 * that stays open.
 *
 *     struct rest *r = rest_create(&about, &e);
 *     struct rest_answer a = {.body = STRBUF_INIT(8 << 20)};
 *     if (rest_wait_us(r, request.weight, now_us) == 0)
 *         rest_get(r, &request, &a, &e);
 *     rest_destroy(r);
 *
 * The quota is the exchange's: what it says a window has cost replaces our own count. After 429,
 * 418 or HISTORY_BUSY nothing is asked for as long as the answer says, or rest_rules.busy_ms, twice
 * as long after each further one, up to an hour; 418 (banned) a minute at least. Each answer's Date
 * is held against the market's clock (rest_skew_us()).
 * Certificates are checked against the system's authorities. Redirects are followed to https only.
 * No proxy is asked for this machine's own addresses.
 * Threads: blocking; one at a time, but rest_wait_us() from any. Call rest_init() once before the
 * first thread starts.
 */
#ifndef CANDLEWICK_REST_H
#define CANDLEWICK_REST_H

#include "clock.h"
#include "exchange.h"
#include "rest_quota.h"
#include "strbuf.h"

struct rest;

/* For the whole program. ERR_IO. */
int rest_init(struct err *e) MUST_CHECK;
void rest_finish(void);

struct rest_about {
    const struct exchange_ops *ops;
    const char *url; /* of the endpoint "rest" */
    const struct market_clock *clock;
    struct rest_quota *quota;    /* shared by all that ask this exchange */
    int64_t timeout_ms;          /* of one request, all in all */
    bool (*stopping)(void *ctx); /* asked some times a second while a request runs; NULL: never */
    void *ctx;
};

struct rest_answer {
    long status;        /* of HTTP */
    struct strbuf body; /* the caller's */
};

/* Everything in about is borrowed. NULL: ERR_CONF (the URL), ERR_NOMEM. */
struct rest *rest_create(const struct rest_about *about, struct err *e);
void rest_destroy(struct rest *r); /* NULL is fine */

/* How long until a request of that weight may be made; now_us: clock_mono_us(). 0: now. */
int64_t rest_wait_us(const struct rest *r, int64_t weight, int64_t now_us);

/* Makes the request, whether or not there is quota left for it, and replaces what *ret holds. 0:
 * answered with 200 or a 4xx that is not about how often we ask. -1: ERR_IO, retriable: no answer,
 * or one of 429, 418, 403, 5xx; ERR_LIMIT: longer than the body's limit; ERR_STOPPED. */
int rest_get(struct rest *r, const struct http_request *req, struct rest_answer *ret,
             struct err *e) MUST_CHECK;

/* The body of an answer said that we ask too often. */
void rest_busy(struct rest *r, int64_t now_us);

/* Whether our clock and the exchange's differ by more than REST_SKEW_MAX_S of the market's time, as
 * far as is known: 0; ERR_STATE says by how much, for people. */
enum { REST_SKEW_MAX_S = 2 };
int rest_check_clock(const struct rest *r, struct err *e) MUST_CHECK;

/* How far our clock is ahead of the exchange's, as of the last answer with a Date that no cache
 * gave (whole seconds: good to half a second). False: there was none yet. */
bool rest_skew_us(const struct rest *r, int64_t *ret);

#endif
