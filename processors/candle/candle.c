#include "candle.h"

#include "timefmt.h"

#include <stdlib.h>

/* A trade dated further ahead of its receive time than this has a wrong clock. */
static const int64_t AHEAD_MAX_US = 5 * US_PER_S;

static const char FULL[] = "state.max.windows is reached";

/* --- pace ------------------------------------------------------------------------------------ */

static void end_rest(struct window *w, int interval)
{
    if (w->rests)
        TAILQ_REMOVE(&w->series->market->resting[interval], w, rest);
    w->rests = false;
}

/* Writes the window as it stands; what changes from here on waits until its interval's pace allows
 * another record. */
static int write_and_rest(struct candle_state *s, struct window *w, int interval,
                          const struct fold_sink *sink, struct err *e)
{
    end_rest(w, interval);
    if (candle_write(s, w, interval, sink, e) != 0)
        return -1;
    w->rests = true;
    TAILQ_INSERT_TAIL(&w->series->market->resting[interval], w, rest);
    return 0;
}

/* Ends the rests that lasted long enough, and writes what changed meanwhile. Windows rest in the
 * order they were written, and all of an interval as long: the first to be done stands first. */
static int write_rested(struct candle_state *s, struct market *m, int interval,
                        const struct fold_sink *sink, struct err *e)
{
    struct window *w;
    while ((w = TAILQ_FIRST(&m->resting[interval])) &&
           m->stream_us - w->written_us >= intervals[interval].provisional_us) {
        end_rest(w, interval);
        if (w->changed && write_and_rest(s, w, interval, sink, e) != 0)
            return -1;
    }
    return 0;
}

/* --- closing --------------------------------------------------------------------------------- */

static int64_t final_us(const struct candle_state *s, const struct window *w, int interval)
{
    return w->open_us + intervals[interval].length_us + s->options->grace_ms * US_PER_MS;
}

static int64_t drop_us(const struct candle_state *s, const struct window *w, int interval)
{
    return final_us(s, w, interval) + s->options->keep_ms * US_PER_MS;
}

static int close_window(struct candle_state *s, struct window *w, int interval,
                        const struct fold_sink *sink, struct err *e)
{
    w->final = true;
    return write_and_rest(s, w, interval, sink, e);
}

/* Closes and drops what is due in one series, and lowers *next to what will be due first. */
static int sweep_series(struct candle_state *s, struct series *series, int interval, int64_t *next,
                        const struct fold_sink *sink, struct err *e)
{
    int64_t now_us = series->market->stream_us;
    for (struct window **at = &series->newest[interval]; *at;) {
        struct window *w = *at;
        if (!w->final && now_us >= final_us(s, w, interval) &&
            close_window(s, w, interval, sink, e) != 0)
            return -1;
        if (w->final && now_us >= drop_us(s, w, interval)) {
            end_rest(w, interval);
            if (w->changed && candle_write(s, w, interval, sink, e) != 0)
                return -1;
            book_drop(s->book, at);
            continue;
        }
        int64_t due = w->final ? drop_us(s, w, interval) : final_us(s, w, interval);
        *next = due < *next ? due : *next;
        at = &w->older;
    }
    return 0;
}

static int sweep(struct candle_state *s, struct market *m, const struct fold_sink *sink,
                 struct err *e)
{
    int64_t next = INT64_MAX;
    for (struct series *series = s->book->series; series; series = series->next)
        for (int i = 0; series->market == m && i < INTERVALS; i++)
            if (sweep_series(s, series, i, &next, sink, e) != 0)
                return -1;
    m->next_close_us = next;
    return 0;
}

/* The exchange's time moves: what that closes is closed before the record that moved it counts. */
static int advance(struct candle_state *s, struct market *m, int64_t receive_us,
                   const struct fold_sink *sink, struct err *e)
{
    if (receive_us <= m->stream_us)
        return 0;
    m->stream_us = receive_us;
    if (receive_us >= m->next_close_us && sweep(s, m, sink, e) != 0)
        return -1;
    for (int i = 0; i < INTERVALS; i++)
        if (write_rested(s, m, i, sink, e) != 0)
            return -1;
    return 0;
}

/* --- records --------------------------------------------------------------------------------- */

static bool is_time(int64_t time_us)
{
    return time_us >= 0 && time_us < TIME_END_US;
}

static const char *refusal(const struct trade *t)
{
    const struct decimal zero = {0};
    if (!is_time(t->exchange_time_us) || !is_time(t->receive_time_us))
        return "exchange_time or receive_time: not between 1970 and 9999";
    if (t->trade_id.len > WINDOW_TRADE_ID_MAX)
        return "trade_id: too long";
    if (decimal_cmp(t->price, zero) <= 0 || decimal_cmp(t->amount, zero) <= 0)
        return "price or amount: not above zero";
    return NULL;
}

/* Why there cannot be an exchange or a symbol of that name; NULL: it is there, or may be made. */
static const char *no_market(const struct book *b, struct slice exchange)
{
    if (book_find_market(b, exchange))
        return NULL;
    if (!book_is_name(exchange, BOOK_EXCHANGE_MAX))
        return "exchange: empty, too long or no name";
    return b->n_markets < BOOK_MARKETS_MAX ? NULL : "exchange: one more than the state holds";
}

static const char *no_series(const struct candle_state *s, const struct trade *t)
{
    const char *why = no_market(s->book, t->exchange);
    if (why)
        return why;
    if (!book_is_name(t->symbol, BOOK_SYMBOL_MAX))
        return "symbol: empty, too long or no name";
    return (int64_t)s->book->n_series < s->options->max_windows ? NULL : FULL;
}

static int64_t place(const struct trade *t, const struct fold_sink *sink)
{
    if (t->exchange_time_us - t->receive_time_us <= AHEAD_MAX_US)
        return t->exchange_time_us;
    sink->count(sink->ctx, CANDLE_AHEAD, 1);
    return t->receive_time_us;
}

/* A trade on its way into its windows. */
struct incoming {
    const struct trade *trade;
    int64_t placed_us;
    int64_t offset;
};

/* 1, or -1 where the sink says so. */
static int refused(const struct fold_sink *sink, const char *why, struct err *e)
{
    return sink->refuse(sink->ctx, why, e) == 0 ? 1 : -1;
}

/* Folds the trade into one window that may take it. 1: refused. */
static int fold_window(struct candle_state *s, struct window *w, int interval,
                       const struct incoming *in, const struct fold_sink *sink, struct err *e)
{
    if (window_add(w, in->trade, in->placed_us, in->offset) != 0) {
        if (w->trades == 0)
            book_forget(s->book, w, interval);
        return refused(sink, "a sum of the window no longer fits", e);
    }
    struct market *m = w->series->market;
    int64_t due = final_us(s, w, interval);
    w->changed = true;
    w->repaired |= in->trade->origin == TRADE_ORIGIN_REPAIR;
    if (m->stream_us >= due) {
        w->final = true;
        due = drop_us(s, w, interval);
        sink->count(sink->ctx, CANDLE_LATE, 1);
    }
    m->next_close_us = due < m->next_close_us ? due : m->next_close_us;
    return w->rests ? 0 : write_and_rest(s, w, interval, sink, e);
}

/* The trade's way into its window of one interval. 1: refused. */
static int fold_interval(struct candle_state *s, struct series *series, int interval,
                         const struct incoming *in, const struct fold_sink *sink, struct err *e)
{
    const struct window probe = {.open_us = interval_open_us(&intervals[interval], in->placed_us)};
    if (series->market->stream_us >= drop_us(s, &probe, interval)) {
        sink->count(sink->ctx, CANDLE_TOO_LATE, 1);
        return refused(sink, "its window has left the state", e);
    }
    struct window *w = book_find_window(series, interval, probe.open_us);
    if (!w && s->book->n_windows >= s->options->max_windows)
        return refused(sink, FULL, e);
    if (!w)
        w = book_window(s->book, series, interval, probe.open_us);
    if (!w)
        return err_set(e, ERR_NOMEM, "candles: out of memory");
    return fold_window(s, w, interval, in, sink, e);
}

static int apply_trade(struct candle_state *s, const struct fold_input *in, const struct trade *t,
                       const struct fold_sink *sink, struct err *e)
{
    const char *why = refusal(t);
    if (why)
        return sink->refuse(sink->ctx, why, e);
    struct series *series = book_find_series(s->book, t->exchange, t->symbol);
    why = series ? NULL : no_series(s, t);
    if (why)
        return sink->refuse(sink->ctx, why, e);
    if (!series)
        series = book_series(s->book, t->exchange, t->symbol);
    if (!series)
        return err_set(e, ERR_NOMEM, "candles: out of memory");
    if (advance(s, series->market, t->receive_time_us, sink, e) != 0)
        return -1;
    const struct incoming trade = {t, place(t, sink), in->offset};
    for (int i = 0; i < INTERVALS; i++) {
        int r = fold_interval(s, series, i, &trade, sink, e);
        if (r != 0)
            return r < 0 ? -1 : 0;
    }
    sink->count(sink->ctx, CANDLE_TRADES, 1);
    return 0;
}

static int apply_tick(struct candle_state *s, const struct tick *t, const struct fold_sink *sink,
                      struct err *e)
{
    if (!is_time(t->receive_time_us))
        return sink->refuse(sink->ctx, "receive_time: not between 1970 and 9999", e);
    const char *why = no_market(s->book, t->exchange);
    if (why)
        return sink->refuse(sink->ctx, why, e);
    struct market *m = book_market(s->book, t->exchange);
    if (!m)
        return err_set(e, ERR_NOMEM, "candles: out of memory");
    return advance(s, m, t->receive_time_us, sink, e);
}

static int apply(void *state, const struct fold_input *in, const struct fold_sink *sink,
                 struct err *e)
{
    struct candle_state *s = state;
    if (in->record->type == RECORD_TRADE)
        return apply_trade(s, in, &in->record->trade, sink, e);
    if (in->record->type == RECORD_TICK)
        return apply_tick(s, &in->record->tick, sink, e);
    if (in->record->type == RECORD_FEED)
        return 0; /* moves no time and carries no trade */
    return sink->refuse(sink->ctx, "not a record of this topic", e);
}

/* --- life ------------------------------------------------------------------------------------ */

static void destroy(void *state)
{
    struct candle_state *s = state;
    if (!s)
        return;
    book_destroy(s->book);
    free(s);
}

static void *create(const void *options, int32_t partition, struct err *e)
{
    struct candle_state *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "candles: out of memory");
        return NULL;
    }
    s->options = options;
    s->partition = partition;
    s->book = book_create(e);
    if (s->book)
        return s;
    destroy(s);
    return NULL;
}

static const char *const outputs[] = {"candles.1m", NULL};

static const struct conf_opt options[] = {
    {"grace.ms", CONF_INT, offsetof(struct candle_options, grace_ms), .def = "2000", .min = 0,
     .max = 600000, .help = "how long after its close a window waits for late trades"},
    {"keep.ms", CONF_INT, offsetof(struct candle_options, keep_ms), .def = "60000", .min = 0,
     .max = 86400000, .help = "how long a closed window still takes late trades, as revisions"},
    {"state.max.windows", CONF_INT, offsetof(struct candle_options, max_windows), .def = "200000",
     .min = 1, .max = 10000000,
     .help = "windows in the state of one partition, and symbols, at most"},
    {NULL}};

#define COUNTER(id, name_, help_)                                                                  \
    static const struct metric_desc id = {"candlewick_candles_" name_ "_total", help_,             \
                                          METRIC_COUNTER, 1}
COUNTER(trades, "trades_folded", "trades folded into candles");
COUNTER(finals, "final", "windows closed");
COUNTER(revised, "revised", "revisions of closed windows");
COUNTER(late, "late_trades", "trades that came after their window had closed");
COUNTER(too_late, "refused_trades", "trades refused because their window had left the state");
COUNTER(ahead, "ahead_trades", "trades dated too far ahead, placed by their receive time");
#undef COUNTER

static const struct metric_desc *const counters[CANDLE_COUNTERS + 1] = {
    [CANDLE_TRADES] = &trades, [CANDLE_FINALS] = &finals,     [CANDLE_REVISED] = &revised,
    [CANDLE_LATE] = &late,     [CANDLE_TOO_LATE] = &too_late, [CANDLE_AHEAD] = &ahead,
};

const struct fold_ops candle_fold = {
    .name = "candles",
    .summary = "folds trades into candles, exactly once",
    .health_listen = "127.0.0.1:9102",
    .input = "trades",
    .outputs = outputs,
    .output_type = RECORD_CANDLE,
    .counters = counters,
    .options = options,
    .options_size = sizeof(struct candle_options),
    .image_version = 2,
    .create = create,
    .destroy = destroy,
    .apply = apply,
    .image = candle_image,
    .restore = candle_restore,
};
