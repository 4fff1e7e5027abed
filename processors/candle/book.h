/**
 * What the candle fold remembers of one partition: exchanges, their series, their windows.
 *
 *     struct series *s = book_series(b, exchange, symbol);     // made on first use
 *     struct window *w = book_window(b, s, interval, open_us);
 *
 * Series stand in the order they first appeared and windows of a series newest first, so walking a
 * book gives the same order on every run and after every restore.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_BOOK_H
#define CANDLEWICK_BOOK_H

#include "interval.h"
#include "window.h"

/* Bytes of a name, and how many exchanges there may be: an image with more is refused. */
enum { BOOK_EXCHANGE_MAX = 20, BOOK_SYMBOL_MAX = 40, BOOK_MARKETS_MAX = 1000 };

TAILQ_HEAD(window_list, window);

/* One exchange within the partition: its clock, and what waits for it. */
struct market {
    char name[BOOK_EXCHANGE_MAX + 1];
    int64_t stream_us;     /* largest receive time seen in its trades and ticks */
    int64_t next_close_us; /* no window closes or is dropped before this stream time */
    struct window_list resting[INTERVALS]; /* written too lately to be written again, in order */
    struct market *next;
};

/* One symbol of one exchange. */
struct series {
    struct market *market;
    char symbol[BOOK_SYMBOL_MAX + 1];
    struct window *newest[INTERVALS];
    struct series *next; /* in order of appearance */
    struct series *next_in_slot;
};

struct book {
    struct market *markets;
    size_t n_markets;
    struct series *series;
    struct series **series_end;
    struct series **slots; /* hash of exchange and symbol */
    size_t n_slots;        /* a power of two */
    size_t n_series;
    int64_t n_windows;
};

struct book *book_create(struct err *e);
void book_destroy(struct book *b); /* NULL is fine */

/* Whether the text can be the name of an exchange or a symbol: 1 to max bytes of UTF-8 without
 * control characters and without '|', which separates the parts of a key. */
bool book_is_name(struct slice text, size_t max);

/* NULL: not there. */
struct market *book_find_market(const struct book *b, struct slice exchange);
struct series *book_find_series(const struct book *b, struct slice exchange, struct slice symbol);

/* Made where it is not there; callers have checked that it is a name. NULL: out of memory. */
struct market *book_market(struct book *b, struct slice exchange);
struct series *book_series(struct book *b, struct slice exchange, struct slice symbol);

/* The window of that start. NULL: not there. */
struct window *book_find_window(const struct series *s, int interval, int64_t open_us);

/* The same, made where it is not there. NULL: out of memory. */
struct window *book_window(struct book *b, struct series *s, int interval, int64_t open_us);

/* Frees the window *at points to and moves *at to the next older one. It must not rest. */
void book_drop(struct book *b, struct window **at);

/* The same for a window that was just made and stays unused. */
void book_forget(struct book *b, const struct window *w, int interval);

#endif
