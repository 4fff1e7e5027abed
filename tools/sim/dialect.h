/**
 * How one exchange speaks: the table of functions between the market and the sockets.
 *
 *     const struct dialect *d = &binance_dialect;
 *     d->open(&dialog, &url, &answers, &e);                        // /ws/btcusdt@trade
 *     d->request(&dialog, text, &answers, &e);                     // {"method":"SUBSCRIBE",...}
 *     d->trade_frame(&site, &fills, form, &frame, &e);
 *     d->rest(&site, &request, &answer, &e);
 *
 * A dialect owns no socket, clock or file: the server gives it text and sends what it says.
 * Threads: the tables are constant; calls follow their arguments.
 */
#ifndef CANDLEWICK_SIM_DIALECT_H
#define CANDLEWICK_SIM_DIALECT_H

#include "history.h"
#include "outq.h"
#include "session.h"
#include "strbuf.h"
#include "ticker.h"

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

/* What an exchange knows. */
struct site {
    const struct listing *listing;
    const struct market *market;
    const struct history *history;
    const struct tickers *tickers;
    struct rest_budget *budget;
    int64_t skew_us; /* its clock, and all times that it tells, are ahead of the market's */
};

/* One WebSocket connection at an instant. */
struct dialog {
    const struct site *site;
    struct session *session;
    int64_t now_us;  /* market time */
    uint64_t number; /* of the connection, from 1 on */
};

/* Trades that share a frame: one in CHANNEL_TRADE, all of a taker order in CHANNEL_ORDER. */
struct fills {
    enum channel channel;
    const struct market_trade *trades;
    size_t n; /* at least 1 */
    int64_t send_us;
};

struct rest_request {
    bool get;    /* false: a method that no resource has */
    bool micros; /* the client wants times in microseconds */
    bool empty;  /* pages of trades have no rows */
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
    bool emptied; /* this was a page of trades, and has no rows as it was asked */
};

/* An answer in place of the one that was asked for. */
struct rest_refusal {
    int status;            /* 400 to 599 */
    int64_t retry_after_s; /* 0: not known */
    int64_t now_us;        /* market time */
};

struct dialect {
    const char *exchange; /* "binance": as records name it */
    struct listing_rules listing;

    size_t subscriptions_max;   /* names per connection */
    size_t request_bytes_max;   /* of a message from a client */
    bool too_long_ends;         /* a longer one ends the connection; else it is never answered */
    int64_t requests_per_s_max; /* one more and the connection is closed; 0: no limit */
    bool pings;                 /* sends ping frames, and wants pongs */
    bool silence_ends;          /* a connection to which nothing is sent is closed */
    const char *heartbeat;      /* sent each second in which nothing else is; NULL: none */

    /* A connection is being opened. 0: welcome, subscribed to what the URL says, and what to say is
     * pushed; -1 with ERR_NOT_FOUND (no such endpoint), ERR_LIMIT, ERR_NOMEM. */
    int (*open)(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e);

    /* One whole text message from the client, of any bytes. Pushes the answers, none: silence.
     * -1 with ERR_NOMEM. */
    int (*request)(const struct dialog *d, struct slice text, struct outq *answers, struct err *e);

    /* Appends the frame of fills in the form (below DIALECT_FORMS_MAX) that a session asked for.
     * -1 with ERR_NOMEM. */
    int (*trade_frame)(const struct site *site, const struct fills *f, unsigned form,
                       struct strbuf *out, struct err *e);

    /* Likewise the frame of a quote. */
    int (*quote_frame)(const struct site *site, const struct market_quote *q, unsigned form,
                       struct strbuf *out, struct err *e);

    /* Answers any request. -1 with ERR_NOMEM. */
    int (*rest)(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
                struct err *e);

    /* Fills an answer that refuses any request, as the exchange words it; the status may be another
     * one, where the exchange says it in the body. -1 with ERR_NOMEM. */
    int (*rest_refuse)(const struct rest_refusal *r, struct rest_answer *ret, struct err *e);

    /* Pushes what a client is told when its connection is about to end. -1 with ERR_NOMEM. */
    int (*shutdown)(const struct dialog *d, struct outq *answers, struct err *e);
};

/* Pushes the text as one message and empties it. -1 with ERR_NOMEM. */
int dialect_say(struct outq *answers, struct strbuf *text, struct err *e) MUST_CHECK;

/* The book of a symbol as clients see it; false as of market_book(). */
bool site_book(const struct site *site, uint32_t symbol, struct market_quote *ret);

/* Takes the weight off the minute's budget; false: there is none left. */
bool budget_spend(struct rest_budget *b, int64_t real_us, int64_t weight);

/* A parameter of the URL by its name; false: not there. */
bool url_param(const struct url *url, const char *name, struct slice *ret);

#endif
