/**
 * What two connections of one link bring while both live: the older one, which is about to end, and
 * the younger one, which takes its place.
 *
 *     struct overlap *o = overlap_create(&link, &e);
 *     overlap_begin(o);                            // from here on there are two
 *     if (overlap_trade(o, younger, &trade, now_us)) ...       // take it; else it is held
 *     while (overlap_next(o, now_us, &held)) ...               // take that, its turn has come
 *     if (overlap_quote(o, younger, index, order)) ...         // take it
 *     overlap_end(o);                              // one of them is gone
 *
 * Trades. Both bring the same ones, and neither is faster for sure. A trade that goes on from the
 * last one taken of its symbol, or is an old one, is taken from whichever has it (who writes them
 * drops what comes twice). One that the younger brings beyond that is no hole yet: the older may
 * still have what lies before it. It is held until that has come, the older is gone, or it has
 * waited for OVERLAP_HOLD_MS.
 *
 * Quotes. Once the younger has brought one of a symbol, those of the older are older for all we
 * know, and are not taken; but what it brings is nothing yet while it is behind the older, as far
 * as quotes say which of them is the later one.
 * Threads: one.
 */
#ifndef CANDLEWICK_OVERLAP_H
#define CANDLEWICK_OVERLAP_H

#include "entry.h"
#include "universe.h"

enum { OVERLAP_HOLD_MS = 1000 };

struct overlap;

/* Symbols are named by their index in the universe; of those that the link does not carry
 * everything is taken. l: borrowed for the call. NULL: ERR_NOMEM. */
struct overlap *overlap_create(const struct universe_link *l, struct err *e);
void overlap_destroy(struct overlap *o); /* NULL is fine */

/* A younger one is on its way; what an earlier one had brought of quotes does not count. */
void overlap_begin(struct overlap *o);

/* There is one connection only: what is held is to be taken. */
void overlap_end(struct overlap *o);

/* An ENTRY_TRADE. True: it is to be taken now. False: it is held, copied. */
bool overlap_trade(struct overlap *o, bool younger, const struct entry *in,
                   int64_t now_us) MUST_CHECK;

/* A held trade whose turn has come, in the order they were held; it is held no longer. *ret is good
 * until the next call. False: none. */
bool overlap_next(struct overlap *o, int64_t now_us, struct entry *ret);

/* True: there is no room to hold one more; nothing that is held waits any longer. */
bool overlap_is_full(struct overlap *o);

bool overlap_holds_any(const struct overlap *o);

/* Whose quotes of a symbol count. */
enum overlap_quotes {
    OVERLAP_OLDER,
    OVERLAP_YOUNGER,  /* it has brought one */
    OVERLAP_DOUBTFUL, /* it has, and the older one has brought another since, which was not taken */
};

/* True: the quote is to be taken. order: grows with each later quote of the symbol; -1: it says
 * nothing of that. */
bool overlap_quote(struct overlap *o, bool younger, uint32_t index, int64_t order);

enum overlap_quotes overlap_quotes(const struct overlap *o, uint32_t index);

/* Of that symbol nothing is taken from the older one any more. */
void overlap_quotes_over(struct overlap *o, uint32_t index);

#endif
