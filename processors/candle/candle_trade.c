#include "parts.h"

#include "timefmt.h"

/* A trade dated further ahead of its receive time than this has a wrong clock. */
static const int64_t AHEAD_MAX_US = 5 * US_PER_S;

static const char FULL[] = "state.max.windows is reached";

bool trade_is_time(int64_t time_us)
{
    return time_us >= 0 && time_us < TIME_END_US;
}

/* --- refusals -------------------------------------------------------------------------------- */

static const char *refusal(const struct trade *t)
{
    const struct decimal zero = {0};
    if (!trade_is_time(t->exchange_time_us) || !trade_is_time(t->receive_time_us))
        return "exchange_time or receive_time: not between 1970 and 9999";
    if (t->trade_id.len > WINDOW_TRADE_ID_MAX)
        return "trade_id: too long";
    if (t->has_sequence && t->sequence < 0)
        return "sequence: below zero";
    if (decimal_cmp(t->price, zero) <= 0 || decimal_cmp(t->amount, zero) <= 0)
        return "price or amount: not above zero";
    return NULL;
}

const char *trade_no_market(const struct book *b, struct slice exchange)
{
    if (book_find_market(b, exchange))
        return NULL;
    if (!key_is_part(exchange, KEY_EXCHANGE_MAX))
        return "exchange: empty, too long or no name";
    return b->n_markets < BOOK_MARKETS_MAX ? NULL : "exchange: one more than the state holds";
}

const char *trade_no_series(const struct candle_state *s, struct slice exchange,
                            struct slice symbol)
{
    const char *why = trade_no_market(s->book, exchange);
    if (why)
        return why;
    if (!key_is_part(symbol, KEY_SYMBOL_MAX))
        return "symbol: empty, too long or no name";
    return (int64_t)s->book->n_series < s->options->max_windows ? NULL : FULL;
}

static int refuse(const struct turn *t, const char *why)
{
    return t->sink->refuse(t->sink->ctx, why, t->e);
}

static int64_t place(const struct turn *t, const struct trade *trade)
{
    if (trade->exchange_time_us - trade->receive_time_us <= AHEAD_MAX_US)
        return trade->exchange_time_us;
    turn_count(t, CANDLE_AHEAD, 1);
    return trade->receive_time_us;
}

/* --- the lane -------------------------------------------------------------------------------- */

/* Whether only sums change: no window comes, closes or may be written, no hole opens or heals. */
static bool lane_takes(const struct series *s, const struct sum_trade *in)
{
    const struct trade *trade = in->trade;
    if (!s->lane || in->placed_us < s->lane_open_us || in->placed_us >= s->lane_close_us)
        return false;
    if (trade->has_sequence ? !ids_is_next(&s->ids, trade->sequence) : !s->unsequenced)
        return false;
    const struct market *m = s->market;
    if (s->lost.n > 0 || s->lost_since_us != BOOK_NEVER || m->dead || m->silent)
        return false;
    struct decimal volume = s->lane_volume;
    struct decimal quote_volume = s->lane_quote_volume;
    if (s->lane_sum.trades > 0) {
        volume.e18 += s->lane_sum.volume.e18;
        quote_volume.e18 += s->lane_sum.quote_volume.e18;
    }
    return sum_fits(volume, quote_volume, trade->amount, in->quote);
}

static void lane_add(struct series *s, const struct sum_trade *in)
{
    sum_add(&s->lane_sum, in);
    s->lane_repaired |= in->trade->origin == TRADE_ORIGIN_REPAIR;
    s->latest_us = in->placed_us > s->latest_us ? in->placed_us : s->latest_us;
    s->before_us = s->latest_us;
    if (in->trade->has_sequence)
        ids_take_next(&s->ids, in->placed_us);
}

/* Opens the lane where the trade went, if all its windows are open and wait for their pace. */
static void lane_begin(const struct turn *t, struct series *s, struct window *const *windows,
                       int64_t placed_us)
{
    const struct candle_state *state = t->state;
    s->lane = true;
    s->lane_volume = s->lane_quote_volume = (struct decimal){0};
    for (int i = 0; i < INTERVALS; i++) {
        const struct window *w = windows[i];
        s->lane_windows[i] = windows[i];
        if (!state->folds[i])
            continue;
        if (!w || window_is_final(w) || (!w->rests && intervals[i].provisional_us > 0)) {
            s->lane = false;
            return;
        }
        if (decimal_cmp(w->sum.volume, s->lane_volume) > 0)
            s->lane_volume = w->sum.volume;
        if (decimal_cmp(w->sum.quote_volume, s->lane_quote_volume) > 0)
            s->lane_quote_volume = w->sum.quote_volume;
    }
    s->lane_open_us = interval_open_us(&intervals[state->shortest], placed_us);
    s->lane_close_us = s->lane_open_us + intervals[state->shortest].length_us;
}

/* --- the windows of a trade ------------------------------------------------------------------ */

/* A trade on its way into its windows. */
struct incoming {
    struct series *series;
    struct sum_trade in;
    struct window *windows[INTERVALS]; /* NULL: not folded, not made yet, or gone */
};

static void find_windows(const struct turn *t, struct incoming *x)
{
    for (int i = 0; i < INTERVALS; i++)
        x->windows[i] =
            t->state->folds[i]
                ? book_find_window(x->series, i, interval_open_us(&intervals[i], x->in.placed_us))
                : NULL;
}

/* NULL: the trade's minute takes it. */
static const char *too_late(const struct turn *t, const struct incoming *x)
{
    const struct series *s = x->series;
    int64_t open_us = interval_open_us(&intervals[INTERVAL_1M], x->in.placed_us);
    if (x->windows[INTERVAL_1M] || window_may_come(t, s, INTERVAL_1M, open_us))
        return NULL;
    turn_count(t, CANDLE_TOO_LATE, 1);
    return "its window has left the state";
}

static bool second_is_gone(const struct turn *t, const struct incoming *x)
{
    int64_t open_us = interval_open_us(&intervals[INTERVAL_1S], x->in.placed_us);
    return t->state->folds[INTERVAL_1S] && !x->windows[INTERVAL_1S] &&
           !window_may_come(t, x->series, INTERVAL_1S, open_us);
}

static const char *does_not_fit(const struct incoming *x)
{
    for (int i = 0; i < INTERVALS; i++)
        if (x->windows[i] && !sum_fits(x->windows[i]->sum.volume, x->windows[i]->sum.quote_volume,
                                       x->in.trade->amount, x->in.quote))
            return "a sum of the window no longer fits";
    return NULL;
}

static int64_t windows_to_make(const struct turn *t, const struct incoming *x)
{
    int64_t n = 0;
    for (int i = 0; i < INTERVALS; i++)
        n += t->state->folds[i] && !x->windows[i];
    return second_is_gone(t, x) ? n - 1 : n;
}

/* Room for the windows that are not there: NULL, or why not. -1 in *ret: the sink said so. */
static const char *find_room(const struct turn *t, struct incoming *x, int *ret)
{
    int64_t n = windows_to_make(t, x);
    for (int64_t before = 0; n > before; n = windows_to_make(t, x)) {
        *ret = window_room(t, n);
        if (*ret <= 0)
            return FULL;
        find_windows(t, x); /* making room may have dropped some of them */
        const char *why = too_late(t, x);
        if (why)
            return why;
        before = n;
    }
    return NULL;
}

static int make_windows(const struct turn *t, struct incoming *x)
{
    bool skip = second_is_gone(t, x);
    turn_count(t, CANDLE_SKIPPED, skip);
    for (int i = 0; i < INTERVALS; i++) {
        if (!t->state->folds[i] || x->windows[i] || (skip && i == INTERVAL_1S))
            continue;
        x->windows[i] = book_window(t->state->book, x->series, i,
                                    interval_open_us(&intervals[i], x->in.placed_us));
        if (!x->windows[i])
            return turn_no_memory(t);
    }
    return 0;
}

static void add_to_windows(struct incoming *x)
{
    for (int i = 0; i < INTERVALS; i++) {
        struct window *w = x->windows[i];
        if (!w)
            continue;
        sum_add(&w->sum, &x->in);
        w->changed = true;
        w->repaired |= x->in.trade->origin == TRADE_ORIGIN_REPAIR;
    }
}

/* --- what the trade's id tells --------------------------------------------------------------- */

/* The hole is no longer known; its windows keep what was. */
static void keep_forgotten(struct series *s, const struct hole_range *hole)
{
    struct window *w;
    for (int i = 0; i < INTERVALS; i++)
        TAILQ_FOREACH(w, &s->windows[i], link)
    if (hole_touches(hole, w->open_us, w->open_us + intervals[i].length_us))
        w->forgotten = ids_sum(w->forgotten, hole_count(hole));
}

/* The time between which closed windows may now be judged otherwise; from > to: none. */
struct knowledge {
    int64_t from_us;
    int64_t to_us;
};

static void widen(struct knowledge *k, int64_t from_us, int64_t to_us)
{
    k->from_us = from_us < k->from_us ? from_us : k->from_us;
    k->to_us = to_us > k->to_us ? to_us : k->to_us;
}

static void learn_times(const struct turn *t, struct series *s, const struct ids *before,
                        bool had_lost, struct knowledge *k)
{
    const struct ids *now = &s->ids;
    if (!before->known) {
        if (had_lost || s->subscribed_us == BOOK_NEVER)
            widen(k, BOOK_NEVER, INT64_MAX);
    } else {
        if (now->earliest_us < before->earliest_us)
            widen(k, now->earliest_us, before->earliest_us);
        if (now->latest_us > before->latest_us && had_lost)
            widen(k, before->latest_us, now->latest_us);
    }
    if (coverage_heal(t, s))
        widen(k, BOOK_NEVER, INT64_MAX);
}

/* Windows that wait for what comes behind the latest trade may be done waiting. */
static void take_time(struct series *s, int64_t placed_us, struct knowledge *k)
{
    if (placed_us <= s->latest_us)
        return;
    if (s->unproven)
        widen(k, s->latest_us, placed_us);
    s->unproven = false; /* unless that finds windows that still wait */
    s->latest_us = placed_us;
}

static int take_id(const struct turn *t, const struct incoming *x, struct knowledge *k)
{
    struct series *s = x->series;
    if (!x->in.trade->has_sequence) {
        if (!s->unsequenced)
            widen(k, BOOK_NEVER, INT64_MAX);
        s->unsequenced = true;
        return 0;
    }
    const struct ids before = s->ids; /* its times; the holes are not looked at */
    bool had_lost = coverage_has_lost(s);
    struct ids_change change;
    if (ids_take(&s->ids, x->in.trade->sequence, x->in.placed_us, &change, t->e) != 0)
        return -1;
    if (change.forgot) {
        keep_forgotten(s, &change.forgotten);
        widen(k, BOOK_NEVER, INT64_MAX);
    }
    if (change.holes)
        widen(k, change.from_us, change.to_us);
    learn_times(t, s, &before, had_lost, k);
    return 0;
}

/* --- folding --------------------------------------------------------------------------------- */

/* Open windows are written in their pace; what is past its end is closed at once. */
static int show_windows(const struct turn *t, struct incoming *x)
{
    for (int i = 0; i < INTERVALS; i++) {
        struct window *w = x->windows[i];
        if (!w)
            continue;
        bool ends = !window_is_final(w) &&
                    x->series->market->stream_us >= time_final_us(t->state, i, w->open_us);
        if ((ends ? window_close(t, w) : window_show(t, w)) != 0)
            return -1;
        if (window_is_final(w))
            window_file(w);
    }
    return 0;
}

static int fold(const struct turn *t, struct incoming *x)
{
    struct series *s = x->series;
    int64_t minute_us = interval_open_us(&intervals[INTERVAL_1M], x->in.placed_us);
    struct knowledge k = {INT64_MAX, INT64_MIN};
    if (make_windows(t, x) != 0)
        return -1;
    add_to_windows(x);
    take_time(s, x->in.placed_us, &k);
    if (take_id(t, x, &k) != 0)
        return -1;
    turn_count(t, CANDLE_TRADES, 1);
    if (s->market->stream_us >= time_final_us(t->state, INTERVAL_1M, minute_us))
        turn_count(t, CANDLE_LATE, 1);
    if (show_windows(t, x) != 0 ||
        (k.from_us <= k.to_us && window_reconsider(t, s, k.from_us, k.to_us) != 0))
        return -1;
    s->before_us = s->latest_us;
    find_windows(t, x);
    lane_begin(t, s, x->windows, x->in.placed_us);
    time_schedule(t, s->market);
    return 0;
}

static int fold_slowly(const struct turn *t, struct incoming *x)
{
    int r = 0;
    window_end_lane(x->series);
    find_windows(t, x);
    const char *why = too_late(t, x);
    if (!why)
        why = find_room(t, x, &r);
    if (r < 0)
        return -1;
    if (!why)
        why = does_not_fit(x);
    return why ? refuse(t, why) : fold(t, x);
}

/* --- a trade --------------------------------------------------------------------------------- */

static int apply_to_series(const struct turn *t, struct series *s, const struct fold_input *in)
{
    const struct trade *trade = &in->record->trade;
    if (trade->has_sequence) {
        switch (ids_judge(&s->ids, trade->sequence)) {
        case IDS_NEW:
            break;
        case IDS_SEEN:
            turn_count(t, CANDLE_DUPLICATES, 1);
            return 0;
        case IDS_FORGOTTEN:
            return refuse(t, "its id is below a forgotten hole: it may have been seen");
        }
    }
    struct incoming x = {.series = s};
    x.in = (struct sum_trade){trade, place(t, trade), in->offset, {0}};
    if (decimal_mul(trade->price, trade->amount, &x.in.quote) != 0)
        return refuse(t, "a sum of the window no longer fits");
    if (!lane_takes(s, &x.in))
        return fold_slowly(t, &x);
    lane_add(s, &x.in);
    turn_count(t, CANDLE_TRADES, 1);
    return 0;
}

int trade_apply(const struct turn *t, const struct fold_input *in)
{
    const struct trade *trade = &in->record->trade;
    const char *why = refusal(trade);
    if (why)
        return refuse(t, why);
    struct book *b = t->state->book;
    struct series *s = book_find_series(b, trade->exchange, trade->symbol);
    why = s ? NULL : trade_no_series(t->state, trade->exchange, trade->symbol);
    if (why)
        return refuse(t, why);
    if (!s)
        s = book_series(b, trade->exchange, trade->symbol);
    if (!s)
        return turn_no_memory(t);
    if (time_advance(t, s->market, trade->receive_time_us) != 0)
        return -1;
    return apply_to_series(t, s, in);
}
