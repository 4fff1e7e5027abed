/**
 * What an exchange is to us: a table of functions that turn bytes into events and wishes into
 * requests. No socket, thread, clock or Kafka handle inside, so that files alone can test it.
 *
 *     const struct exchange_ops *x = exchange_find("binance");
 *     x->parse_instruments(body, instruments, &e);
 *     x->build_subscribe(subs, 0, &out, &e);            // text to send
 *     x->parse_frame(session, &listen, &frame, on_event, ctx, &skipped, &e);
 *
 * Threads: ops are constant; a session belongs to one connection and its thread.
 */
#ifndef CANDLEWICK_EXCHANGE_H
#define CANDLEWICK_EXCHANGE_H

#include "decimal.h"
#include "err.h"
#include "record.h"
#include "slice.h"
#include "strbuf.h"

#include <stddef.h>
#include <stdint.h>

enum {
    EXCHANGE_SYMBOL_MAX = 40,     /* longest symbol, native or canonical */
    EXCHANGE_ASSET_MAX = 20,      /* longest asset */
    EXCHANGE_TRADE_ID_MAX = 40,   /* longest trade id */
    EXCHANGE_FRAME_MAX = 1 << 20, /* a longer frame is dead-lettered unread */
};

struct endpoint {
    const char *name;        /* exchange.<exchange>.<name>.url overrides the URL; "rest" is HTTP,
                                all others are WebSocket */
    const char *default_url; /* without a path that depends on the request */
};

enum channel_kind { CHANNEL_TRADES, CHANNEL_QUOTES, CHANNEL_KINDS };

/* A kind of stream that symbols can be subscribed to. Each channel of trades is an id space of its
 * own: progress names it. */
struct channel {
    const char *name; /* the exchange's word: "trade", "bookTicker" */
    enum channel_kind kind;
    const char *endpoint;   /* name of the endpoint that serves it */
    uint32_t subs_per_conn; /* symbols on one connection at most, 0 = no limit */
};

/* What is listened to; NULL: nothing of that kind. */
struct channels {
    const struct channel *of[CHANNEL_KINDS];
};

/* One whole text frame as it arrived. */
struct frame {
    struct slice text;
    int64_t receive_us; /* market clock */
};

enum event_type {
    EVENT_TRADE,    /* a trade */
    EVENT_QUOTE,    /* best bid and ask as they are now */
    EVENT_ACK,      /* a subscribe request, or one symbol of it, is in force */
    EVENT_REFUSED,  /* the exchange refused a request, or one symbol of it; text says why */
    EVENT_SHUTDOWN, /* the exchange will cut this connection soon: another takes its place before */
};

/* One side of a book's top. */
struct quote_side {
    bool there; /* false: nobody is on that side, or no amount */
    struct decimal price;
    struct decimal amount;
};

/* Slices are borrowed from the frame for the call. */
struct event {
    enum event_type type;
    struct slice native_symbol; /* EVENT_TRADE, EVENT_QUOTE; EVENT_ACK and EVENT_REFUSED where the
                                   exchange answers for each symbol, len 0: it does not say */
    struct slice trade_id;      /* EVENT_TRADE, and the seven below */
    bool has_sequence;          /* EVENT_TRADE: ids are contiguous integers; EVENT_QUOTE: there is a
                                   number that grows with each later quote of the symbol */
    int64_t sequence;
    struct decimal price;
    struct decimal amount;
    enum side side; /* the taker's */
    enum trade_origin origin;
    bool has_exchange_time; /* always of a trade; EVENT_QUOTE where the exchange sends one */
    int64_t exchange_time_us;
    struct quote_side bid; /* EVENT_QUOTE */
    struct quote_side ask; /* EVENT_QUOTE */
    int64_t request;       /* EVENT_ACK, EVENT_REFUSED: n of build_subscribe, -1 unknown */
    struct slice text;     /* EVENT_REFUSED */
};

/* Return -1 with *e to stop the frame; what it returned is then returned by the parser. */
typedef int (*emit_fn)(void *ctx, const struct event *ev, struct err *e);

/* One tradable pair. Strings are terminated. */
struct instrument_info {
    char native[EXCHANGE_SYMBOL_MAX + 1]; /* as streams name it */
    char rest[EXCHANGE_SYMBOL_MAX + 1];   /* as REST names it */
    char symbol[EXCHANGE_SYMBOL_MAX + 1]; /* canonical BASE-QUOTE */
    char base[EXCHANGE_ASSET_MAX + 1];
    char quote[EXCHANGE_ASSET_MAX + 1];
    enum instrument_status status;
    bool has_tick_size;
    struct decimal tick_size;
    bool has_lot_size;
    struct decimal lot_size;
};

/* Called for each pair of an instrument list; what does not fit our limits is not passed on but
 * counted by the parser's return value. */
typedef int (*instrument_fn)(void *ctx, const struct instrument_info *in, struct err *e);

struct http_request {
    const char *endpoint; /* name of an endpoint of the exchange */
    char path[512];       /* with its query */
    int64_t weight;       /* what it costs, as rest_rules.weight_max counts; at least 1 */
};

/* How often the exchange may be asked by REST. */
struct rest_rules {
    int64_t weight_max;      /* that all requests within window_ms may cost together */
    int64_t window_ms;       /* > 0 */
    const char *used_header; /* of every answer: what the running window has cost so far, by the
                                exchange's count; NULL: it does not say */
    int64_t busy_ms;         /* how long nothing is asked after "too often" without a time */
};

/* Trades of the past that are wanted: one symbol's ids in one channel's id space. */
struct history_query {
    const struct instrument_info *instrument;
    const struct channel *channel; /* of trades */
    int64_t first_id;              /* the next one wanted; the parser moves it on */
    int64_t last_id;               /* the last one wanted; INT64_MAX: as far as there are any */
    int64_t from_time_us;          /* exchange time of the trade before first_id */
    int64_t cursor;                /* the adapter's own from page to page; 0 at first */
};

enum history_verdict {
    HISTORY_DONE, /* that is all there is: ids that did not come, the exchange does not have now */
    HISTORY_MORE, /* *q asks for the next page */
    HISTORY_BUSY, /* asked too often, says the body; *e has its words; *q is as it was */
};

/* What one connection shall deliver. */
struct subs {
    const struct channel *channel;
    const struct instrument_info *const *instruments;
    size_t n;
};

struct exchange_ops {
    const char *name;                 /* "binance": key part, metric label */
    const struct endpoint *endpoints; /* ended by a NULL name; one is "rest" */
    const struct channel *channels;   /* ended by a NULL name; of each kind the default first */
    uint32_t messages_per_s;          /* of ours on one connection, 0 = none */
    bool tells_newest;                /* on subscribing comes the newest trade of each symbol: what
                                         was missed shows at once */
    bool acks_symbols;                /* each symbol is acknowledged or refused by name; else each
                                         request by its number */
    const char *ping;                 /* text to send on an idle connection, which the exchange
                                         answers; NULL: a ping frame does */
    int64_t idle_ms;                  /* silence of any kind after which a link is dead */
    int64_t max_age_ms;               /* the exchange cuts a connection this old: it is replaced
                                         before; 0 = never */
    size_t session_size; /* bytes of state per connection, zeroed at connect; 0 = none */
    const struct rest_rules *rest;

    /* The instrument list: one request, then its body. parse returns how many pairs were left out:
     * names that do not fit, and malformed ones, *e naming the field of the first of these. */
    int (*instruments_request)(struct http_request *ret, struct err *e);
    int (*parse_instruments)(struct slice body, instrument_fn fn, void *ctx, struct err *e);

    /* Path (with query) to connect to. */
    int (*connect_path)(const struct subs *s, char *ret, size_t cap, struct err *e);
    /* Appends the n-th subscribe message: 1 = more follow, 0 = that was the last, -1. */
    int (*build_subscribe)(const struct subs *s, size_t n, struct strbuf *out, struct err *e);

    /* One whole frame: events through emit in the exchange's order. Returns how many; 0 for a
     * known frame that says nothing to us, or a channel that is unknown or not listened to
     * (ret_skipped set). -1: ERR_PROTO (a channel we know in a shape we do not), ERR_LIMIT; the
     * text names the field. Where a frame has rows, each stands for itself: those beside a bad one
     * are emitted all the same. */
    int (*parse_frame)(void *session, const struct channels *listen, const struct frame *in,
                       emit_fn emit, void *ctx, bool *ret_skipped, struct err *e);

    /* Trades of the past: one page's request, then the body of its answer. Of the page, the trades
     * from q->first_id to q->last_id are emitted ascending by id, origin repair, and identical but
     * for that to what parse_frame() makes of the same trades. status: of HTTP, neither 429 nor 418
     * nor 5xx. parse returns an enum history_verdict, or -1: ERR_PROTO, ERR_LIMIT (the answer is
     * not understood), ERR_IO (retriable: a fault of theirs that may be over soon), ERR_NOT_FOUND
     * (the exchange refuses to answer this, in its words). */
    int (*history_request)(const struct history_query *q, struct http_request *ret, struct err *e);
    int (*parse_history)(struct history_query *q, long status, struct slice body, emit_fn emit,
                         void *ctx, struct err *e);
};

/* NULL: no such exchange. */
const struct exchange_ops *exchange_find(const char *name);

/* "binance, kraken, okx", for messages. */
const char *exchange_names(void);

/* The default URL of an endpoint, NULL if there is none of that name. */
const char *exchange_endpoint_url(const struct exchange_ops *x, const char *endpoint);

/* exchange_ops.connect_path where an endpoint's URL is all there is to connect to. */
int exchange_whole_url(const struct subs *s, char *ret, size_t cap, struct err *e) MUST_CHECK;

/* The channel of that kind and name, of any name where it is ""; NULL: there is none. */
const struct channel *exchange_channel(const struct exchange_ops *x, enum channel_kind kind,
                                       const char *name);

#endif
