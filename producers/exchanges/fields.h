/**
 * The members of an exchange's JSON objects by name and type: what all stream parsers share.
 *
 *     enum { SYMBOL, PRICE, KEYS };
 *     static const struct slice keys[KEYS] = {[SYMBOL] = FIELDS_KEY("s"), [PRICE] =
 * FIELDS_KEY("p")}; struct fields f = {.exchange = "binance", .record = "trade", .keys = keys, .n =
 * KEYS}; if (fields_read(&f, text, &e) != 0 || fields_positive(&f, PRICE, SCAN_STRING, &price, &e)
 * != 0) return -1;                     // "binance: trade: p is not above 0"
 *
 * Each function that wants a member fails with ERR_PROTO where it is missing, of another type or
 * out of range, with ERR_LIMIT where it is too precise or too large for us, and names it.
 * Threads: values.
 */
#ifndef CANDLEWICK_FIELDS_H
#define CANDLEWICK_FIELDS_H

#include "exchange.h"
#include "scan.h"

enum { FIELDS_MAX = 20 };

#define FIELDS_KEY(text)                                                                           \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* Some members of one object. */
struct fields {
    const char *exchange;     /* "okx", for messages */
    const char *record;       /* "trades-all", for messages */
    const struct slice *keys; /* those that are kept, at most FIELDS_MAX */
    size_t n;
    uint32_t there; /* bit i: keys[i] was there */
    struct scan_value values[FIELDS_MAX];
};

/* Keeps the members of the object that have a key of ours; of two with one key the last. */
int fields_read(struct fields *f, struct slice object, struct err *e) MUST_CHECK;

/* The first elements of an array in place of members, keys being our names for them. */
int fields_read_array(struct fields *f, struct slice array, struct err *e) MUST_CHECK;

/* NULL: it was not there. */
static inline const struct scan_value *fields_get(const struct fields *f, size_t i)
{
    return f->there >> i & 1 ? &f->values[i] : NULL;
}

/* Whether it is there and is that string. */
bool fields_is(const struct fields *f, size_t i, const char *text);

/* A value of that type; a string without escapes. */
int fields_need(const struct fields *f, size_t i, enum scan_type type,
                const struct scan_value **ret, struct err *e) MUST_CHECK;

/* Money as a string or as a number, whichever the exchange writes. */
int fields_decimal(const struct fields *f, size_t i, enum scan_type type, struct decimal *ret,
                   struct err *e) MUST_CHECK;
int fields_positive(const struct fields *f, size_t i, enum scan_type type, struct decimal *ret,
                    struct err *e) MUST_CHECK;

/* Price and amount of one side of a book. Nobody is there where one of them is 0 or "". */
int fields_quote_side(const struct fields *f, size_t price, size_t amount, enum scan_type type,
                      struct quote_side *ret, struct err *e) MUST_CHECK;

/* A native symbol, from 1 to EXCHANGE_SYMBOL_MAX bytes. */
int fields_symbol(const struct fields *f, size_t i, struct slice *ret, struct err *e) MUST_CHECK;

/* An id that is an integer and contiguous with its neighbours, into trade_id and sequence. */
int fields_trade_id(const struct fields *f, size_t i, enum scan_type type, struct event *ret,
                    struct err *e) MUST_CHECK;

/* The number that tells the later of two quotes of a symbol, where there is one. */
void fields_sequence(const struct fields *f, size_t i, struct event *ret);

/* "buy" or "sell", the taker's. */
int fields_side(const struct fields *f, size_t i, enum side *ret, struct err *e) MUST_CHECK;

/* Milliseconds or microseconds since 1970: between 2009 and 2100 the two cannot be taken for each
 * other, nor for seconds or nanoseconds. Any other time is an error. */
int fields_unix_time(const struct fields *f, size_t i, enum scan_type type, int64_t *ret_us,
                     struct err *e) MUST_CHECK;

/* Seconds since 1970 as a number with up to 18 decimals, those past the sixth cut off, within the
 * same years. */
int fields_seconds(const struct fields *f, size_t i, int64_t *ret_us, struct err *e) MUST_CHECK;

/* RFC 3339 text, within the same years. */
int fields_text_time(const struct fields *f, size_t i, int64_t *ret_us, struct err *e) MUST_CHECK;

/* The n that build_subscribe() wrote as n + 1, in digits or in a string of digits; -1 where there
 * is no such. */
int64_t fields_request(const struct fields *f, size_t i);

/* Where the events of one frame go. */
struct fields_out {
    emit_fn emit;
    void *ctx;
    int n;        /* events so far */
    bool stopped; /* emit wants no more of this frame */
};

int fields_emit(struct fields_out *out, const struct event *ev, struct err *e) MUST_CHECK;

/* Calls row for each element of an array. Each row stands for itself: one that is bad takes no
 * other along. How many events out has, or -1 with the first error. */
typedef int (*fields_row_fn)(void *ctx, struct slice row, struct fields_out *out, struct err *e);
int fields_rows(const struct fields *f, size_t i, fields_row_fn row, void *ctx,
                struct fields_out *out, struct err *e) MUST_CHECK;

/* Whether that channel is listened to. */
bool fields_listens(const struct channels *listen, enum channel_kind kind, struct slice name);

#endif
