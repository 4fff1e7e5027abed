#include "book.h"

#include "e8.h"
#include "noise.h"
#include "price.h"

#include <stdlib.h>

enum { SPREAD_OF_PRICE = 100000, ORDERS_ON_A_SIDE = 3, PPM = 1000000, BPS = 10000 };

/* The amounts of a whole order can be added up. */
#define AMOUNT_MAX_E8 (INT64_C(10000000000) * E8_ONE)

struct books {
    const struct listing *listing;
    uint64_t key;         /* of amounts and odd books */
    struct price *prices; /* per asset */
    struct book *books;   /* per symbol that trades */
    uint64_t *drift_keys; /* likewise */
};

/* --- life ------------------------------------------------------------------------------------ */

struct books *books_create(uint64_t seed, const char *exchange, const struct listing *listing,
                           struct err *e)
{
    struct books *b = calloc(1, sizeof(*b));
    if (b) {
        b->prices = calloc(listing->n_assets, sizeof(*b->prices));
        b->books = calloc(listing->n_trading, sizeof(*b->books));
        b->drift_keys = calloc(listing->n_trading, sizeof(*b->drift_keys));
    }
    if (!b || !b->prices || !b->books || !b->drift_keys) {
        books_destroy(b);
        (void)err_set(e, ERR_NOMEM, "books: out of memory");
        return NULL;
    }
    b->listing = listing;
    b->key = noise_key(seed, "books", exchange);
    for (uint32_t i = 0; i < listing->n_assets; i++)
        price_init(&b->prices[i], seed, &listing->assets[i]);
    for (uint32_t i = 0; i < listing->n_trading; i++)
        b->drift_keys[i] = price_drift_key(seed, exchange, listing->symbols[i].canonical);
    return b;
}

void books_destroy(struct books *b)
{
    if (!b)
        return;
    free(b->prices);
    free(b->books);
    free(b->drift_keys);
    free(b);
}

/* --- books ----------------------------------------------------------------------------------- */

int64_t book_random_lots(const struct symbol *s, struct rng *r)
{
    uint64_t bits = rng_next(r);
    int octaves = __builtin_popcountll(bits & 0xffff) - 8; /* -8 to 8, most often about 0 */
    int64_t mantissa = 1000 + (int64_t)((bits >> 32) % 1000);
    __int128 lots = (__int128)s->typical_lots * mantissa / 1000;
    lots = octaves >= 0 ? lots << octaves : lots >> -octaves;
    int64_t max = AMOUNT_MAX_E8 / s->lot_e8;
    if (lots > max)
        return max;
    return lots > 0 ? (int64_t)lots : 1;
}

static int64_t side_lots(const struct symbol *s, struct rng *r)
{
    int64_t max = AMOUNT_MAX_E8 / s->lot_e8;
    int64_t lots = 0;
    for (int i = 0; i < ORDERS_ON_A_SIDE; i++)
        lots += book_random_lots(s, r);
    return lots < max ? lots : max;
}

static int64_t price_e8(const struct books *b, uint32_t symbol, const struct book_terms *terms)
{
    const struct symbol *s = &b->listing->symbols[symbol];
    int64_t base_e12 = price_usd_e12(&b->prices[s->base], terms->at_us);
    int64_t quote_e12 = price_usd_e12(&b->prices[s->quote], terms->at_us);
    int64_t drift_ppm = price_drift_ppm(b->drift_keys[symbol], terms->at_us);
    __int128 e8 = (__int128)base_e12 * E8_ONE * (PPM + drift_ppm) / PPM / quote_e12;
    return (int64_t)(e8 * (BPS + terms->shift_bps) / BPS);
}

/* The bid below the ask by a hundred-thousandth, and a tick at least. */
static void make_sound(struct book *book, const struct symbol *s, int64_t e8, struct rng *r)
{
    int64_t bid_ticks = e8 / s->tick_e8;
    if (bid_ticks < 1)
        bid_ticks = 1;
    book->bid_ticks = bid_ticks;
    book->ask_ticks = bid_ticks + 1 + bid_ticks / SPREAD_OF_PRICE;
    book->bid_lots = side_lots(s, r);
    book->ask_lots = side_lots(s, r);
}

/* Nobody on one side, or one time in four on both. */
static void empty_a_side(struct book *book, struct rng *r)
{
    uint64_t which = rng_below(r, 8); /* 0, 1: both; 2 to 4: the bid; the rest: the ask */
    if (which < 5)
        book->bid_lots = 0;
    if (which < 2 || which >= 5)
        book->ask_lots = 0;
}

void books_make(struct books *b, uint32_t symbol, const struct book_terms *terms)
{
    struct book *book = &b->books[symbol];
    struct rng r;
    rng_seed(&r, noise_hash(b->key ^ symbol, terms->nonce));
    make_sound(book, &b->listing->symbols[symbol], price_e8(b, symbol, terms), &r);
    if (rng_permille(&r, terms->one_sided_permille))
        empty_a_side(book, &r);
    else if (rng_permille(&r, terms->crossed_permille))
        book->bid_ticks = book->ask_ticks + 1;
    book->at_us = terms->at_us;
    book->made = true;
}

const struct book *books_get(const struct books *b, uint32_t symbol)
{
    return &b->books[symbol];
}

bool book_is_sound(const struct book *b)
{
    return b->bid_lots > 0 && b->ask_lots > 0 && b->bid_ticks < b->ask_ticks;
}
