#include "book.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

struct book *book_create(struct err *e)
{
    struct book *b = calloc(1, sizeof(*b));
    if (b) {
        b->series_end = &b->series;
        b->n_slots = FIRST_SLOTS;
        b->slots = calloc(b->n_slots, sizeof(struct series *));
    }
    if (!b || !b->slots) {
        free(b);
        (void)err_set(e, ERR_NOMEM, "candles: out of memory");
        return NULL;
    }
    return b;
}

/* The lists they are in go with the rest of the book. */
static void destroy_series(struct series *s)
{
    for (int i = 0; i < INTERVALS; i++) {
        struct window *w = TAILQ_FIRST(&s->windows[i]);
        while (w) {
            struct window *older = TAILQ_NEXT(w, link);
            free(w);
            w = older;
        }
    }
    ids_finish(&s->ids);
    lost_finish(&s->lost);
    free(s);
}

void book_destroy(struct book *b)
{
    if (!b)
        return;
    while (b->series) {
        struct series *next = b->series->next;
        destroy_series(b->series);
        b->series = next;
    }
    while (b->markets) {
        struct market *next = b->markets->next;
        free(b->markets);
        b->markets = next;
    }
    free(b->slots);
    free(b);
}

struct market *book_find_market(const struct book *b, struct slice exchange)
{
    for (struct market *m = b->markets; m; m = m->next)
        if (slice_is(exchange, m->name))
            return m;
    return NULL;
}

struct market *book_market(struct book *b, struct slice exchange)
{
    struct market *m = book_find_market(b, exchange);
    if (m)
        return m;
    m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    memcpy(m->name, exchange.data, exchange.len);
    m->stream_us = m->minute_us = m->tick_us = BOOK_NEVER;
    m->wake_us = BOOK_NEVER;
    for (int i = 0; i < INTERVALS; i++)
        for (int stage = 0; stage < STAGES; stage++)
            TAILQ_INIT(&m->queues[i][stage]);
    for (int i = 0; i < RESTS; i++)
        TAILQ_INIT(&m->rests[i]);
    struct market **end = &b->markets;
    while (*end)
        end = &(*end)->next;
    *end = m;
    b->n_markets++;
    return m;
}

static uint64_t hash(struct slice exchange, struct slice symbol)
{
    return key_hash(key_hash(0, exchange), symbol);
}

static void grow_slots(struct book *b)
{
    size_t n = b->n_slots * 2;
    struct series **slots = calloc(n, sizeof(struct series *));
    if (!slots)
        return; /* longer chains still find everything */
    for (struct series *s = b->series; s; s = s->next) {
        s->next_in_slot = slots[s->hash & (n - 1)];
        slots[s->hash & (n - 1)] = s;
    }
    free(b->slots);
    b->slots = slots;
    b->n_slots = n;
}

struct series *book_find_series(const struct book *b, struct slice exchange, struct slice symbol)
{
    uint64_t h = hash(exchange, symbol);
    for (struct series *s = b->slots[h & (b->n_slots - 1)]; s; s = s->next_in_slot)
        if (s->hash == h && slice_is(symbol, s->symbol) && slice_is(exchange, s->market->name))
            return s;
    return NULL;
}

struct series *book_series(struct book *b, struct slice exchange, struct slice symbol)
{
    struct series *s = book_find_series(b, exchange, symbol);
    if (s)
        return s;
    struct market *m = book_market(b, exchange);
    s = m ? calloc(1, sizeof(*s)) : NULL;
    if (!s)
        return NULL;
    s->market = m;
    s->number = (uint32_t)b->n_series;
    s->subscribed_us = s->lost_since_us = s->latest_us = BOOK_NEVER;
    s->before_us = s->dropped_us = BOOK_NEVER;
    for (int i = 0; i < INTERVALS; i++)
        TAILQ_INIT(&s->windows[i]);
    memcpy(s->symbol, symbol.data, symbol.len);
    s->hash = hash(exchange, symbol);
    size_t slot = s->hash & (b->n_slots - 1);
    s->next_in_slot = b->slots[slot];
    b->slots[slot] = s;
    *b->series_end = s;
    b->series_end = &s->next;
    if (++b->n_series > b->n_slots)
        grow_slots(b);
    return s;
}

/* The newest window that does not begin behind the time, or NULL. */
static struct window *newest_until(const struct series *s, int interval, int64_t open_us)
{
    struct window *w = TAILQ_FIRST(&s->windows[interval]);
    while (w && w->open_us > open_us)
        w = TAILQ_NEXT(w, link);
    return w;
}

struct window *book_find_window(const struct series *s, int interval, int64_t open_us)
{
    struct window *w = newest_until(s, interval, open_us);
    return w && w->open_us == open_us ? w : NULL;
}

static void enqueue(struct window *w, enum window_stage stage)
{
    struct window_list *queue = &w->series->market->queues[w->interval][stage];
    struct window *before = TAILQ_LAST(queue, window_list);
    while (before && before->open_us > w->open_us)
        before = TAILQ_PREV(before, window_list, queue);
    if (before)
        TAILQ_INSERT_AFTER(queue, before, w, queue);
    else
        TAILQ_INSERT_HEAD(queue, w, queue);
    w->stage = stage;
}

struct window *book_window(struct book *b, struct series *s, int interval, int64_t open_us)
{
    struct window *older = newest_until(s, interval, open_us);
    if (older && older->open_us == open_us)
        return older;
    struct window *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->open_us = open_us;
    w->interval = (uint8_t)interval;
    w->series = s;
    if (older)
        TAILQ_INSERT_BEFORE(older, w, link);
    else
        TAILQ_INSERT_TAIL(&s->windows[interval], w, link);
    enqueue(w, STAGE_OPEN);
    b->n_windows++;
    return w;
}

static void dequeue(struct window *w)
{
    TAILQ_REMOVE(&w->series->market->queues[w->interval][w->stage], w, queue);
}

void book_stage(struct window *w, enum window_stage stage)
{
    if (w->stage == stage)
        return;
    if (w->stage == STAGE_OPEN)
        book_wake(w); /* closed ones rest in another list */
    dequeue(w);
    enqueue(w, stage);
}

void book_drop(struct book *b, struct window *w)
{
    book_wake(w);
    dequeue(w);
    TAILQ_REMOVE(&w->series->windows[w->interval], w, link);
    free(w);
    b->n_windows--;
}

static struct window_list *rests_of(const struct window *w)
{
    return &w->series->market->rests[window_is_final(w) ? RESTS_CLOSED : w->interval];
}

void book_rest(struct window *w)
{
    book_wake(w);
    TAILQ_INSERT_TAIL(rests_of(w), w, rest);
    w->rests = true;
}

void book_wake(struct window *w)
{
    if (w->rests)
        TAILQ_REMOVE(rests_of(w), w, rest);
    w->rests = false;
}
