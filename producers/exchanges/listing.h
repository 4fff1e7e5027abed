/**
 * Instrument lists as exchanges give them by REST: what all readers of such a JSON body share.
 *
 *     return listing_parse("okx: instruments", body, parse_answer, fn, ctx, e);
 *
 * with a parse_answer() that looks for the list and gives it to listing_each(), whose entry reads
 * one pair with listing_text(), listing_step() and listing_name().
 *
 * what: the exchange and its list, for messages.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_LISTING_H
#define CANDLEWICK_LISTING_H

#include "exchange.h"

#include <jansson.h>

/* exchange_ops.instruments_request: a GET of that path, with what it costs. */
int listing_request(const char *path, int64_t weight, struct http_request *ret,
                    struct err *e) MUST_CHECK;

/* exchange_ops.parse_instruments: answer gets the whole body, borrowed, and returns what it made of
 * it. -1: ERR_PROTO, of a body that is no JSON too. */
typedef int (*listing_answer_fn)(const json_t *root, instrument_fn fn, void *ctx, struct err *e);
int listing_parse(const char *what, struct slice body, listing_answer_fn answer, instrument_fn fn,
                  void *ctx, struct err *e) MUST_CHECK;

/* A string that an entry must have, borrowed from it; NULL: ERR_PROTO. */
const char *listing_text(const char *what, const json_t *entry, const char *key, struct err *e);

/* A smallest step from its text. NULL and 0 say that there is none. ERR_PROTO, ERR_LIMIT. */
int listing_step(const char *what, const char *key, const char *text, bool *ret_has,
                 struct decimal *ret, struct err *e) MUST_CHECK;

/* Sets native, rest (to native), base, quote and symbol. false: they do not fit our limits, or hold
 * what separates the parts of our names. */
bool listing_name(struct instrument_info *in, const char *native, const char *base,
                  const char *quote) MUST_CHECK;

/* What one element of an array or member of an object is (its key; NULL in an array). A malformed
 * one: -1, ERR_PROTO, ERR_LIMIT. */
enum {
    LISTING_PAIR,   /* of ours, *ret */
    LISTING_UNFIT,  /* a pair whose names we cannot have */
    LISTING_OTHERS, /* none of ours */
};
typedef int (*listing_entry_fn)(const char *key, const json_t *entry, struct instrument_info *ret,
                                struct err *e);

/* Calls fn for each pair of a list, in their order. A malformed entry costs that pair alone,
 * unless there is nothing else. How many pairs were left out, *e saying why the first malformed
 * one was; -1: ERR_PROTO, or what fn said. */
int listing_each(const json_t *list, listing_entry_fn entry, instrument_fn fn, void *ctx,
                 struct err *e) MUST_CHECK;

#endif
