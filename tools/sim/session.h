/**
 * What one WebSocket connection has asked for: its subscriptions, and the form of its frames.
 *
 *     struct session *s = session_create(listing, 1024, &e);
 *     session_add(s, slice_of("btcusdt@trade"), symbol, CHANNEL_TRADE, &e);
 *     if (session_wants(s, t.symbol, CHANNEL_TRADE)) ...
 *     session_destroy(s);
 *
 * A name that stands for nothing (an unknown symbol, a channel that is not simulated) may be
 * subscribed too, as exchanges allow: it is listed and stays silent.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_SESSION_H
#define CANDLEWICK_SIM_SESSION_H

#include "err.h"
#include "listing.h"
#include "slice.h"

/* What a name stands for. */
enum channel {
    CHANNEL_NONE,   /* nothing that is simulated */
    CHANNEL_TRADE,  /* a frame for each trade */
    CHANNEL_ORDER,  /* a frame for all trades of a taker order */
    CHANNEL_QUOTE,  /* a frame for each change of the best bid or ask */
    CHANNEL_TICKER, /* a quote with each taker order */
};
enum { SESSION_NAME_MAX = 128 };

struct session;

/* listing: borrowed. limit: names at most. NULL with ERR_NOMEM. */
struct session *session_create(const struct listing *listing, size_t limit, struct err *e);
void session_destroy(struct session *s); /* NULL is fine */

/* A dialect's own number for how frames look on this connection; 0 at first. */
void session_set_form(struct session *s, unsigned form);
unsigned session_form(const struct session *s);

/* Subscribes; a name already there is left as it is. symbol is read only with a channel other than
 * CHANNEL_NONE. ERR_LIMIT: too many names, or this one is too long; ERR_NOMEM. */
int session_add(struct session *s, struct slice name, uint32_t symbol, enum channel channel,
                struct err *e) MUST_CHECK;

/* Unsubscribes; an unknown name is fine. */
void session_remove(struct session *s, struct slice name);

bool session_wants(const struct session *s, uint32_t symbol, enum channel channel);

/* It wants some of these symbols (by index; NULL: of all) in some of these channels (1 << channel,
 * as bits). */
bool session_hears(const struct session *s, const bool *symbols, unsigned channels);

/* The names in the order they came. i below session_count(). */
size_t session_count(const struct session *s);
struct slice session_name(const struct session *s, size_t i);

/* How many of the names stand for something. */
size_t session_live(const struct session *s);

#endif
