/**
 * The top of every symbol's book: best bid and ask on the grid, made from prices and time.
 *
 *     struct books *b = books_create(seed, "okx", listing, &e);
 *     books_make(b, symbol, &(struct book_terms){.at_us = now_us});
 *     const struct book *top = books_get(b, symbol);
 *     int64_t ask_e8 = top->ask_ticks * listing->symbols[symbol].tick_e8;
 *     books_destroy(b);
 *
 * A book hangs on its terms alone, not on what stood there before.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_BOOK_H
#define CANDLEWICK_SIM_BOOK_H

#include "listing.h"
#include "rng.h"

struct book {
    int64_t bid_ticks; /* prices, at least 1 */
    int64_t bid_lots;  /* amounts; 0: nobody is on that side */
    int64_t ask_ticks;
    int64_t ask_lots;
    int64_t at_us; /* since when it stands, market time */
    bool made;     /* false: it is all 0 */
};

struct book_terms {
    int64_t at_us;              /* of the prices, market time */
    int64_t nonce;              /* another one, other amounts */
    int64_t shift_bps;          /* on top of the price, of 10000 */
    int64_t one_sided_permille; /* how likely a side or both have nobody */
    int64_t crossed_permille;   /* how likely the bid lies above the ask */
};

struct books;

/* exchange: borrowed for the call; listing: must outlive the books. NULL with ERR_NOMEM. */
struct books *books_create(uint64_t seed, const char *exchange, const struct listing *listing,
                           struct err *e);
void books_destroy(struct books *b); /* NULL is fine */

/* symbol: one that trades. */
void books_make(struct books *b, uint32_t symbol, const struct book_terms *terms);

/* Never NULL for a symbol that trades; good until the books are destroyed. */
const struct book *books_get(const struct books *b, uint32_t symbol);

/* Both sides are there, bid below ask. */
bool book_is_sound(const struct book *b);

/* The size of one order: most often about the usual, small ones common and large ones possible. */
int64_t book_random_lots(const struct symbol *s, struct rng *r);

#endif
