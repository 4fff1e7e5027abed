/**
 * Instrument lists as exchanges give them by REST: what all readers of such a JSON body share.
 *
 *     json_t *root = listing_load("okx: instruments", body, &e);
 *     const char *base = listing_text("okx: instruments", entry, "baseCcy", &e);
 *     if (listing_name(&in, native, base, quote))
 *         ...                                    // in has its names
 *     json_decref(root);
 *
 * what: the exchange and its list, for messages.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_LISTING_H
#define CANDLEWICK_LISTING_H

#include "exchange.h"

#include <jansson.h>

/* The caller's to json_decref(). NULL: ERR_PROTO, the line and why. */
json_t *listing_load(const char *what, struct slice body, struct err *e);

/* A string that an entry must have, borrowed from it; NULL: ERR_PROTO. */
const char *listing_text(const char *what, const json_t *entry, const char *key, struct err *e);

/* A smallest step from its text. NULL and 0 say that there is none. ERR_PROTO, ERR_LIMIT. */
int listing_step(const char *what, const char *key, const char *text, bool *ret_has,
                 struct decimal *ret, struct err *e) MUST_CHECK;

/* Sets native, base, quote and symbol. false: they do not fit our limits, or hold what separates
 * the parts of our names. */
bool listing_name(struct instrument_info *in, const char *native, const char *base,
                  const char *quote) MUST_CHECK;

/* Calls entry for each element of an array or member of an object, in their order. The key is
 * NULL in an array; entry returns 1 for a pair left out. How many those were, or -1. */
typedef int (*listing_entry_fn)(const char *key, const json_t *entry, instrument_fn fn, void *ctx,
                                struct err *e);
int listing_each(const json_t *list, listing_entry_fn entry, instrument_fn fn, void *ctx,
                 struct err *e) MUST_CHECK;

#endif
