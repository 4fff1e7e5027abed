#include "parts.h"

#include "pack.h"
#include "timefmt.h"

#include <stdlib.h>
#include <string.h>

/* The layout is that of candle_image.c. Everything is checked: what passes cannot hurt. */

enum { SERIES_MAX = 10000000, WINDOWS_MAX = 100000000 };

/* Far more than there can be, and far enough from overflow. */
static const int64_t TRADES_MAX = INT64_MAX / 2;
static const int32_t REVISION_MAX = INT32_MAX / 2;

/* An image on its way back: windows of the current market by their numbers. */
struct restoring {
    struct unpack u;
    struct candle_state *state;
    struct series **series;
    int64_t n_series;
    struct window **windows;
    int64_t n_windows;
    int64_t room;
    struct err *e;
};

static int no_memory(const struct restoring *r)
{
    return err_set(r->e, ERR_NOMEM, "candles: out of memory while restoring");
}

static int64_t time_or_never(struct unpack *u)
{
    int64_t t = unpack_int(u);
    u->bad |= t != BOOK_NEVER && (t < 0 || t >= TIME_END_US);
    return t;
}

static int64_t time_of(struct unpack *u)
{
    return unpack_range(u, 0, TIME_END_US - 1);
}

/* --- markets and series ---------------------------------------------------------------------- */

static int restore_market(struct restoring *r)
{
    struct unpack *u = &r->u;
    struct book *b = r->state->book;
    struct slice name = unpack_text(u, KEY_EXCHANGE_MAX);
    u->bad |= !key_is_part(name, KEY_EXCHANGE_MAX) || book_find_market(b, name);
    if (u->bad)
        return 0;
    struct market *m = book_market(b, name);
    if (!m)
        return no_memory(r);
    m->stream_us = time_or_never(u);
    m->minute_us = unpack_int(u);
    m->tick_us = time_or_never(u);
    int64_t flags = unpack_range(u, 0, 3);
    m->dead = flags & 1;
    m->silent = flags >> 1 & 1;
    bool begun = m->stream_us != BOOK_NEVER;
    u->bad |= begun != (m->tick_us != BOOK_NEVER) || begun != (m->minute_us != BOOK_NEVER) ||
              (begun && (m->minute_us > m->stream_us || m->minute_us < -TIME_END_US ||
                         interval_open_us(&intervals[INTERVAL_1M], m->minute_us) != m->minute_us));
    return 0;
}

static int restore_ids(struct restoring *r, struct ids *ids)
{
    struct unpack *u = &r->u;
    ids->known = unpack_range(u, 0, 1);
    if (!ids->known)
        return 0;
    ids->first = unpack_range(u, 0, INT64_MAX);
    ids->last = unpack_range(u, ids->first, INT64_MAX);
    ids->first_at_us = time_of(u);
    ids->last_at_us = time_of(u);
    ids->earliest_us = time_of(u);
    ids->latest_us = time_of(u);
    ids->floor = unpack_range(u, 0, INT64_MAX);
    int64_t n = unpack_range(u, 0, IDS_HOLES_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++) {
        struct hole_range h = {.first = unpack_int(u), .last = unpack_int(u)};
        h.below_us = time_of(u);
        h.above_us = time_of(u);
        int added = u->bad ? 0 : ids_restore_hole(ids, &h, r->e);
        if (added < 0)
            return -1;
        u->bad |= added == 0;
    }
    return 0;
}

static int restore_lost(struct restoring *r, struct lost *l)
{
    struct unpack *u = &r->u;
    int64_t n = unpack_range(u, 0, LOST_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++) {
        int64_t from = time_of(u);
        int64_t to = time_of(u);
        u->bad |= from >= to || (l->n > 0 && from <= l->ranges[l->n - 1].to_us);
        if (!u->bad && lost_add(l, from, to, BOOK_NEVER, r->e) != 0)
            return -1;
    }
    return 0;
}

static struct market *market_at(const struct book *b, int64_t n)
{
    struct market *m = b->markets;
    while (m && n-- > 0)
        m = m->next;
    return m;
}

static int restore_one_series(struct restoring *r, int64_t number)
{
    struct unpack *u = &r->u;
    struct book *b = r->state->book;
    const struct market *m = market_at(b, unpack_range(u, 0, BOOK_MARKETS_MAX));
    struct slice symbol = unpack_text(u, KEY_SYMBOL_MAX);
    u->bad |= !m || !key_is_part(symbol, KEY_SYMBOL_MAX) ||
              book_find_series(b, slice_of(m->name), symbol);
    if (u->bad)
        return 0;
    struct series *s = book_series(b, slice_of(m->name), symbol);
    if (!s)
        return no_memory(r);
    r->series[number] = s;
    int64_t flags = unpack_range(u, 0, 3);
    s->unsequenced = flags & 1;
    s->unproven = flags >> 1 & 1;
    s->subscribed_us = time_or_never(u);
    s->lost_since_us = time_or_never(u);
    s->latest_us = s->before_us = time_or_never(u);
    s->dropped_us = unpack_int(u);
    return restore_ids(r, &s->ids) != 0 || restore_lost(r, &s->lost) != 0 ? -1 : 0;
}

static int restore_series(struct restoring *r)
{
    r->n_series = unpack_range(&r->u, 0, SERIES_MAX);
    if (r->n_series > r->u.end - r->u.p) /* each takes some bytes */
        r->u.bad = true;
    if (r->u.bad || r->n_series == 0)
        return 0;
    r->series = calloc((size_t)r->n_series, sizeof(struct series *));
    if (!r->series)
        return no_memory(r);
    for (int64_t i = 0; i < r->n_series && !r->u.bad; i++)
        if (restore_one_series(r, i) != 0)
            return -1;
    return 0;
}

/* --- windows --------------------------------------------------------------------------------- */

static void unpack_point(struct unpack *u, struct sum_point *p)
{
    p->time_us = unpack_int(u);
    p->sequence = unpack_int(u);
    p->price = unpack_decimal(u);
    struct slice id = unpack_text(u, WINDOW_TRADE_ID_MAX);
    p->id_len = (uint8_t)id.len;
    if (id.len)
        memcpy(p->id, id.data, id.len);
}

static struct decimal unpack_amount(struct unpack *u)
{
    struct decimal d = unpack_decimal(u);
    u->bad |= d.e18 < 0;
    return d;
}

static void unpack_sum(struct unpack *u, struct sum *s)
{
    s->trades = unpack_range(u, 0, TRADES_MAX);
    if (s->trades == 0)
        return;
    unpack_point(u, &s->first);
    unpack_point(u, &s->last);
    s->high = unpack_amount(u);
    s->low = unpack_amount(u);
    s->volume = unpack_amount(u);
    s->quote_volume = unpack_amount(u);
    s->buy_volume = unpack_amount(u);
    s->first_offset = unpack_range(u, 0, INT64_MAX);
    s->last_offset = unpack_range(u, 0, INT64_MAX);
    u->bad |= decimal_cmp(s->buy_volume, s->volume) > 0;
}

static void unpack_life(struct unpack *u, struct window *w)
{
    w->revision = (int32_t)unpack_range(u, 0, REVISION_MAX);
    int64_t flags = unpack_range(u, 0, 7);
    w->written = flags & 1;
    w->changed = flags >> 1 & 1;
    w->repaired = flags >> 2 & 1;
    w->written_us = unpack_range(u, 0, w->series->market->stream_us);
    w->said = (enum coverage)unpack_range(u, 0, COVERAGE_DOWN);
    w->said_missing = unpack_range(u, 0, INT64_MAX);
    w->forgotten = unpack_range(u, 0, INT64_MAX);
}

static int note_window(struct restoring *r, struct window *w)
{
    if (r->n_windows == r->room) {
        int64_t room = r->room ? r->room * 2 : 1024;
        struct window **windows = realloc(r->windows, (size_t)room * sizeof(struct window *));
        if (!windows)
            return no_memory(r);
        r->windows = windows;
        r->room = room;
    }
    r->windows[r->n_windows++] = w;
    return 0;
}

static int restore_window(struct restoring *r, const struct market *m, int interval,
                          enum window_stage stage)
{
    struct unpack *u = &r->u;
    const struct interval *iv = &intervals[interval];
    int64_t number = unpack_range(u, 0, r->n_series - 1);
    int64_t open_us = unpack_range(u, 1 - iv->length_us, TIME_END_US - 1);
    struct series *s = u->bad ? NULL : r->series[number];
    u->bad |= !s || s->market != m || m->stream_us == BOOK_NEVER ||
              interval_open_us(iv, open_us) != open_us || !r->state->folds[interval];
    int64_t before = r->state->book->n_windows;
    if (u->bad)
        return 0;
    struct window *w = book_window(r->state->book, s, interval, open_us);
    if (!w)
        return no_memory(r);
    u->bad |= r->state->book->n_windows == before; /* it is there twice */
    if (u->bad)
        return 0;
    unpack_sum(u, &w->sum);
    unpack_life(u, w);
    book_stage(w, stage);
    return note_window(r, w);
}

static int restore_queue(struct restoring *r, const struct market *m, int interval,
                         enum window_stage stage)
{
    int64_t n = unpack_range(&r->u, 0, WINDOWS_MAX);
    for (int64_t i = 0; i < n && !r->u.bad; i++)
        if (restore_window(r, m, interval, stage) != 0)
            return -1;
    return 0;
}

static void restore_rests(struct restoring *r, int list)
{
    int64_t n = unpack_range(&r->u, 0, WINDOWS_MAX);
    for (int64_t i = 0; i < n && !r->u.bad; i++) {
        int64_t number = unpack_range(&r->u, 0, r->n_windows - 1);
        struct window *w = r->u.bad ? NULL : r->windows[number];
        r->u.bad |=
            !w || w->rests || list != (window_is_final(w) ? RESTS_CLOSED : (int)w->interval);
        if (!r->u.bad)
            book_rest(w);
    }
}

static int restore_market_windows(struct restoring *r, const struct market *m)
{
    r->n_windows = 0;
    for (int i = 0; i < INTERVALS; i++)
        for (int stage = STAGES - 1; stage >= 0; stage--)
            if (restore_queue(r, m, i, (enum window_stage)stage) != 0)
                return -1;
    for (int i = 0; i < RESTS; i++)
        restore_rests(r, i);
    return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int check_folds(const struct restoring *r, int64_t folds)
{
    for (int i = 0; i < INTERVALS; i++)
        if ((folds >> i & 1) != r->state->folds[i])
            return err_set(r->e, ERR_CONF,
                           "candles: the state was folded %s %s: keep --intervals as it was, or "
                           "fold anew under a new prefix (docs/UPGRADE.md)",
                           folds >> i & 1 ? "with" : "without", intervals[i].name);
    return 0;
}

static int restore_all(struct restoring *r)
{
    struct unpack *u = &r->u;
    struct book *b = r->state->book;
    int64_t folds = unpack_range(u, 0, (1 << INTERVALS) - 1);
    if (!u->bad && check_folds(r, folds) != 0)
        return -1;
    int64_t n = unpack_range(u, 0, BOOK_MARKETS_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++)
        if (restore_market(r) != 0)
            return -1;
    if (restore_series(r) != 0)
        return -1;
    for (struct market *m = b->markets; m && !u->bad; m = m->next)
        if (restore_market_windows(r, m) != 0)
            return -1;
    return unpack_end(u) ? 0 : err_set(r->e, ERR_PROTO, "candles: the image cannot be read");
}

int candle_restore(void *state, struct slice image, struct err *e)
{
    struct restoring r = {.u = unpack_begin(image), .state = state, .e = e};
    int ret = restore_all(&r);
    free(r.series);
    free(r.windows);
    return ret;
}
