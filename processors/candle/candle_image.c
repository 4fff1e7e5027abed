#include "candle.h"

#include "pack.h"
#include "timefmt.h"

#include <string.h>

/* Layout: markets (name, stream time), series (market, symbol, windows newest first, per
 * interval), then per market and interval the resting windows in order, each as (series, start). */

enum { SERIES_MAX = 10000000, WINDOWS_MAX = 100000000 };

/* Far more than there can be, and far enough from overflow. */
static const int64_t TRADES_MAX = INT64_MAX / 2;
static const int32_t REVISION_MAX = INT32_MAX / 2;

/* --- to bytes -------------------------------------------------------------------------------- */

static int pack_point(struct strbuf *out, const struct window_point *p)
{
    return pack_int(out, p->time_us) || pack_int(out, p->sequence) || pack_decimal(out, p->price) ||
           pack_text(out, slice_make(p->id, p->id_len));
}

static int pack_window(struct strbuf *out, const struct window *w)
{
    int flags = w->final | w->changed << 1 | w->repaired << 2;
    return pack_int(out, w->open_us) || pack_point(out, &w->first) || pack_point(out, &w->last) ||
           pack_decimal(out, w->high) || pack_decimal(out, w->low) ||
           pack_decimal(out, w->volume) || pack_decimal(out, w->quote_volume) ||
           pack_decimal(out, w->buy_volume) || pack_int(out, w->trades) ||
           pack_int(out, w->first_offset) || pack_int(out, w->last_offset) ||
           pack_int(out, w->revision) || pack_int(out, flags) || pack_int(out, w->written_us);
}

static int64_t market_number(const struct book *b, const struct market *m)
{
    int64_t n = 0;
    for (const struct market *x = b->markets; x != m; x = x->next)
        n++;
    return n;
}

static int pack_markets(struct strbuf *out, const struct book *b)
{
    int64_t n = 0;
    for (const struct market *m = b->markets; m; m = m->next)
        n++;
    int r = pack_int(out, n);
    for (const struct market *m = b->markets; r == 0 && m; m = m->next)
        r = pack_text(out, slice_of(m->name)) || pack_int(out, m->stream_us);
    return r;
}

static int pack_windows(struct strbuf *out, const struct window *newest)
{
    int64_t n = 0;
    for (const struct window *w = newest; w; w = w->older)
        n++;
    int r = pack_int(out, n);
    for (const struct window *w = newest; r == 0 && w; w = w->older)
        r = pack_window(out, w);
    return r;
}

static int pack_series(struct strbuf *out, const struct book *b)
{
    int r = pack_int(out, (int64_t)b->n_series);
    for (const struct series *s = b->series; r == 0 && s; s = s->next) {
        r = pack_int(out, market_number(b, s->market)) || pack_text(out, slice_of(s->symbol));
        for (int i = 0; r == 0 && i < INTERVALS; i++)
            r = pack_windows(out, s->newest[i]);
    }
    return r;
}

static int pack_resting(struct strbuf *out, const struct window_list *list)
{
    int64_t n = 0;
    const struct window *w;
    TAILQ_FOREACH(w, list, rest)
    n++;
    int r = pack_int(out, n);
    TAILQ_FOREACH(w, list, rest)
    if (r == 0)
        r = pack_text(out, slice_of(w->series->symbol)) || pack_int(out, w->open_us);
    return r;
}

int candle_image(const void *state, struct strbuf *out, struct err *e)
{
    const struct candle_state *s = state;
    int r = pack_markets(out, s->book) || pack_series(out, s->book);
    for (const struct market *m = s->book->markets; r == 0 && m; m = m->next)
        for (int i = 0; r == 0 && i < INTERVALS; i++)
            r = pack_resting(out, &m->resting[i]);
    return r ? strbuf_full(out, "image of candles", e) : 0;
}

/* --- and back -------------------------------------------------------------------------------- */

static void unpack_point(struct unpack *u, struct window_point *p)
{
    p->time_us = unpack_int(u);
    p->sequence = unpack_int(u);
    p->price = unpack_decimal(u);
    struct slice id = unpack_text(u, WINDOW_TRADE_ID_MAX);
    p->id_len = (uint8_t)id.len;
    if (id.len)
        memcpy(p->id, id.data, id.len);
}

static void unpack_window(struct unpack *u, struct window *w)
{
    unpack_point(u, &w->first);
    unpack_point(u, &w->last);
    w->high = unpack_decimal(u);
    w->low = unpack_decimal(u);
    w->volume = unpack_decimal(u);
    w->quote_volume = unpack_decimal(u);
    w->buy_volume = unpack_decimal(u);
    w->trades = unpack_range(u, 1, TRADES_MAX);
    w->first_offset = unpack_range(u, 0, INT64_MAX);
    w->last_offset = unpack_range(u, 0, INT64_MAX);
    w->revision = (int32_t)unpack_range(u, 0, REVISION_MAX);
    int64_t flags = unpack_range(u, 0, 7);
    w->final = flags & 1;
    w->changed = flags >> 1 & 1;
    w->repaired = flags >> 2 & 1;
    w->written_us = unpack_range(u, 0, w->series->market->stream_us);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "candles: out of memory while restoring");
}

static int restore_markets(struct unpack *u, struct book *b, struct err *e)
{
    int64_t n = unpack_range(u, 0, BOOK_MARKETS_MAX);
    for (int64_t k = 0; k < n; k++) {
        struct slice name = unpack_text(u, BOOK_EXCHANGE_MAX);
        int64_t stream_us = unpack_range(u, 0, TIME_END_US - 1);
        u->bad |= !book_is_name(name, BOOK_EXCHANGE_MAX) || book_find_market(b, name);
        if (u->bad)
            return 0;
        struct market *m = book_market(b, name);
        if (!m)
            return no_memory(e);
        m->stream_us = stream_us;
        m->next_close_us = INT64_MIN; /* the first advance looks for what is due */
    }
    return 0;
}

static int restore_windows(struct unpack *u, struct book *b, struct series *s, int interval,
                           struct err *e)
{
    const struct interval *iv = &intervals[interval];
    int64_t n = unpack_range(u, 0, WINDOWS_MAX);
    int64_t newer_us = INT64_MAX;
    for (int64_t k = 0; k < n; k++) {
        int64_t open_us = unpack_range(u, 1 - iv->length_us, TIME_END_US - 1);
        u->bad |= open_us >= newer_us || interval_open_us(iv, open_us) != open_us;
        if (u->bad)
            return 0;
        struct window *w = book_window(b, s, interval, open_us);
        if (!w)
            return no_memory(e);
        unpack_window(u, w);
        newer_us = open_us;
    }
    return 0;
}

static const struct market *market_at(const struct book *b, int64_t n)
{
    const struct market *m = b->markets;
    while (m && n-- > 0)
        m = m->next;
    return m;
}

static int restore_series(struct unpack *u, struct book *b, struct err *e)
{
    int64_t n = unpack_range(u, 0, SERIES_MAX);
    for (int64_t k = 0; k < n; k++) {
        const struct market *m = market_at(b, unpack_range(u, 0, BOOK_MARKETS_MAX));
        struct slice symbol = unpack_text(u, BOOK_SYMBOL_MAX);
        u->bad |= !m || !book_is_name(symbol, BOOK_SYMBOL_MAX) ||
                  book_find_series(b, slice_of(m->name), symbol);
        if (u->bad)
            return 0;
        struct series *s = book_series(b, slice_of(m->name), symbol);
        if (!s)
            return no_memory(e);
        for (int i = 0; i < INTERVALS; i++)
            if (restore_windows(u, b, s, i, e) != 0)
                return -1;
    }
    return 0;
}

static void restore_resting(struct unpack *u, struct book *b, struct market *m, int interval)
{
    int64_t n = unpack_range(u, 0, WINDOWS_MAX);
    for (int64_t k = 0; k < n; k++) {
        struct slice symbol = unpack_text(u, BOOK_SYMBOL_MAX);
        int64_t open_us = unpack_int(u);
        const struct series *s = book_find_series(b, slice_of(m->name), symbol);
        struct window *w = s ? book_find_window(s, interval, open_us) : NULL;
        u->bad |= !w || w->rests;
        if (u->bad)
            return;
        w->rests = true;
        TAILQ_INSERT_TAIL(&m->resting[interval], w, rest);
    }
}

int candle_restore(void *state, struct slice image, struct err *e)
{
    struct candle_state *s = state;
    struct unpack u = unpack_begin(image);
    if (restore_markets(&u, s->book, e) != 0 || restore_series(&u, s->book, e) != 0)
        return -1;
    for (struct market *m = s->book->markets; m; m = m->next)
        for (int i = 0; i < INTERVALS; i++)
            restore_resting(&u, s->book, m, i);
    if (!unpack_end(&u))
        return err_set(e, ERR_PROTO, "candles: the image cannot be read");
    return 0;
}
