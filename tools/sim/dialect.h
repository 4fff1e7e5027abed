/**
 * How one exchange speaks: the table of functions between the market and the sockets.
 *
 *     const struct dialect *d = &binance_dialect;
 *     d->open(session, &url, &e);                                  // /ws/btcusdt@trade
 *     d->request(session, text, &answer, &e);                      // {"method":"SUBSCRIBE",...}
 *     d->trade_frame(listing, &trade, send_us, form, &frame, &e);
 *     d->rest(&site, &request, &answer, &e);
 *
 * A dialect owns no socket, clock or file: the server gives it text and sends what it says.
 * Threads: the tables are constant; calls follow their arguments.
 */
#ifndef CANDLEWICK_SIM_DIALECT_H
#define CANDLEWICK_SIM_DIALECT_H

#include "history.h"
#include "session.h"
#include "strbuf.h"

enum { URL_PARAMS_MAX = 32, REST_HEADERS_MAX = 4, REST_HEADER_TEXT = 48, DIALECT_FORMS_MAX = 4 };

/* A request's target, percent-decoded. */
struct url {
    struct slice path;
    struct {
        struct slice name;
        struct slice value;
    } params[URL_PARAMS_MAX];
    size_t n_params;
};

/* Request weight spent in the running minute, by all clients together. */
struct rest_budget {
    int64_t limit; /* per minute */
    int64_t minute;
    int64_t used;
};

struct rest_site {
    const struct listing *listing;
    const struct history *history;
    struct rest_budget *budget;
};

struct rest_request {
    bool get;    /* false: a method that no resource has */
    bool micros; /* the client wants times in microseconds */
    const struct url *url;
    int64_t now_us;  /* market time */
    int64_t real_us; /* the machine's, for the budget */
};

struct rest_answer {
    int status;
    const char *type;   /* content type, static */
    struct strbuf body; /* the caller's; filled */
    struct {
        const char *name; /* static, with its colon */
        char value[REST_HEADER_TEXT];
    } headers[REST_HEADERS_MAX];
    size_t n_headers;
};

struct dialect {
    const char *exchange;  /* "binance": as records name it */
    const char *separator; /* between base and quote in a native name */

    size_t subscriptions_max;   /* names per connection */
    size_t request_bytes_max;   /* a longer message from a client is never answered */
    int64_t requests_per_s_max; /* one more and the connection is closed */

    /* A connection is being opened. 0: welcome, subscribed to what the URL says;
     * -1 with ERR_NOT_FOUND (no such endpoint), ERR_LIMIT, ERR_NOMEM. */
    int (*open)(struct session *s, const struct listing *l, const struct url *url, struct err *e);

    /* One whole text message from the client, of any bytes. Appends the answer; none: silence.
     * -1 with ERR_NOMEM. */
    int (*request)(struct session *s, const struct listing *l, struct slice text,
                   struct strbuf *answer, struct err *e);

    /* Appends the frame of a trade in the form (below DIALECT_FORMS_MAX) that a session asked for.
     * -1 with ERR_NOMEM. */
    int (*trade_frame)(const struct listing *l, const struct market_trade *t, int64_t send_us,
                       unsigned form, struct strbuf *out, struct err *e);

    /* Answers any request. -1 with ERR_NOMEM. */
    int (*rest)(const struct rest_site *site, const struct rest_request *req,
                struct rest_answer *ret, struct err *e);
};

#endif
