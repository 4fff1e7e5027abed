#include "candle.h"

#include "parts.h"

#include <inttypes.h>
#include <stdlib.h>

int turn_no_memory(const struct turn *t)
{
    return err_set(t->e, ERR_NOMEM, "candles: out of memory");
}

void turn_count(const struct turn *t, enum candle_counter counter, int64_t by)
{
    if (by != 0)
        t->sink->count(t->sink->ctx, (int)counter, by);
}

static int apply(void *state, const struct fold_input *in, const struct fold_sink *sink,
                 struct err *e)
{
    const struct turn t = {state, sink, e};
    if (in->record->type == RECORD_TRADE)
        return trade_apply(&t, in);
    if (in->record->type == RECORD_TICK)
        return feed_tick(&t, &in->record->tick);
    return feed_apply(&t, &in->record->feed);
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

static int prepare(void *options, struct err *e)
{
    const struct candle_options *o = options;
    bool folds[INTERVALS];
    return interval_parse(o->intervals, folds, e);
}

static int configuration(const void *options, struct strbuf *out)
{
    const struct candle_options *o = options;
    bool folds[INTERVALS];
    struct err e = {0};
    if (interval_parse(o->intervals, folds, &e) != 0 || strbuf_adds(out, "intervals=") != 0)
        return -1;
    const char *between = "";
    for (int i = 0; i < INTERVALS; i++) {
        if (folds[i] && strbuf_addf(out, "%s%s", between, intervals[i].name) != 0)
            return -1;
        between = folds[i] ? "," : between;
    }
    return strbuf_addf(out,
                       "\ngrace.ms=%" PRId64 "\nkeep.ms=%" PRId64 "\nhold.ms=%" PRId64
                       "\nstate.max.windows=%" PRId64 "\n",
                       o->grace_ms, o->keep_ms, o->hold_ms, o->max_windows);
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
    if (interval_parse(s->options->intervals, s->folds, e) == 0)
        s->book = book_create(e);
    s->shortest = s->folds[INTERVAL_1S] ? INTERVAL_1S : INTERVAL_1M;
    if (s->book)
        return s;
    destroy(s);
    return NULL;
}

static const char *const outputs[INTERVALS + 1] = {
    "candles.1s", "candles.1m", "candles.5m",  "candles.15m", "candles.30m", "candles.1h",
    "candles.4h", "candles.6h", "candles.12h", "candles.1d",  "candles.1w",  NULL};

static const struct conf_opt options[] = {
    {"intervals", CONF_STR, offsetof(struct candle_options, intervals),
     .def = "1s,1m,5m,15m,30m,1h,4h,6h,12h,1d,1w",
     .help = "intervals to fold, 1m among them; a state folded with others is refused"},
    {"grace.ms", CONF_INT, offsetof(struct candle_options, grace_ms), .def = "2000", .min = 0,
     .max = 600000, .help = "how long after its close a window waits for late trades"},
    {"keep.ms", CONF_INT, offsetof(struct candle_options, keep_ms), .def = "60000", .min = 0,
     .max = 86400000, .help = "how long a closed window still takes late trades, as revisions"},
    {"hold.ms", CONF_INT, offsetof(struct candle_options, hold_ms), .def = "86400000", .min = 0,
     .max = 604800000,
     .help = "the same for a window that may lack trades (1s windows: 10 min at most)"},
    {"state.max.windows", CONF_INT, offsetof(struct candle_options, max_windows), .def = "200000",
     .min = 1, .max = 10000000,
     .help = "windows in the state of one partition, and symbols, at most"},
    {NULL}};

#define COUNTER(id, name_, help_)                                                                  \
    static const struct metric_desc id = {"candlewick_candles_" name_ "_total", help_,             \
                                          METRIC_COUNTER, 1}
COUNTER(trades, "trades_folded", "trades folded into candles");
COUNTER(duplicates, "duplicate_trades", "trades left out because their id was there before");
COUNTER(finals, "final", "windows closed, with a record");
COUNTER(revised, "revised", "revisions of closed windows");
COUNTER(late, "late_trades", "trades that came after their minute had closed");
COUNTER(too_late, "refused_trades", "trades refused because their minute had left the state");
COUNTER(ahead, "ahead_trades", "trades dated too far ahead, placed by their receive time");
COUNTER(skipped, "skipped_seconds", "1s windows that had left the state before a trade for them");
COUNTER(dropped, "dropped_windows", "closed windows dropped at state.max.windows");
COUNTER(unmade, "unmade_windows", "lost windows without a trade for which there was no room");
#undef COUNTER

static const struct metric_desc *const counters[CANDLE_COUNTERS + 1] = {
    [CANDLE_TRADES] = &trades,   [CANDLE_DUPLICATES] = &duplicates,
    [CANDLE_FINALS] = &finals,   [CANDLE_REVISED] = &revised,
    [CANDLE_LATE] = &late,       [CANDLE_TOO_LATE] = &too_late,
    [CANDLE_AHEAD] = &ahead,     [CANDLE_SKIPPED] = &skipped,
    [CANDLE_DROPPED] = &dropped, [CANDLE_UNMADE] = &unmade,
};

const struct fold_ops candle_fold = {
    .name = "candles",
    .summary = "folds trades into candles, exactly once",
    .health_listen = "127.0.0.1:9102",
    .input = "trades",
    .takes = FOLD_TAKES(RECORD_TRADE) | FOLD_TAKES(RECORD_TICK) | FOLD_TAKES(RECORD_FEED),
    .outputs = outputs,
    .output_type = RECORD_CANDLE,
    .counters = counters,
    .options = options,
    .options_size = sizeof(struct candle_options),
    .image_version = 3,
    .revision = 1,
    .prepare = prepare,
    .configuration = configuration,
    .create = create,
    .destroy = destroy,
    .apply = apply,
    .image = candle_image,
    .restore = candle_restore,
};
