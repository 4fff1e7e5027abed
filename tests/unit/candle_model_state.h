/**
 * Parts of the model of the candle fold (candle_model.h), for each other.
 *
 *     candle_model.c          records: what they change
 *     candle_model_windows.c  windows: when they are made, written and dropped
 *     candle_model_values.c   what a candle says of its trades
 *
 * Threads: one at a time per model.
 */
#ifndef CANDLEWICK_CANDLE_MODEL_STATE_H
#define CANDLEWICK_CANDLE_MODEL_STATE_H

#include "candle.h"
#include "candle_cover.h"

enum { MODEL_TEXT = 48, MODEL_INTERVALS = 11, MODEL_SECOND = 0, MODEL_MINUTE = 1 };

struct model_trade {
    size_t series;
    int64_t placed_us;
    int64_t offset;
    struct trade trade; /* without its texts */
    char id[MODEL_TEXT];
    size_t id_len;
};

/* An exchange. */
struct model_market {
    char name[MODEL_TEXT];
    int64_t stream_us; /* least of all before the first trade or tick */
    int64_t tick_us;   /* of the newest tick, or the first trade */
    bool alive;
};

/* A symbol of an exchange. */
struct model_series {
    size_t market;
    char name[MODEL_TEXT];
    struct cover cover;
    struct cover_known known;
    int64_t latest_us;  /* placed time of the latest trade, with id or without */
    int64_t before_us;  /* the same before the record at hand */
    bool fresh;         /* no trade of it was taken yet, nothing told of it */
    int64_t dropped_us; /* windows up to this end were dropped at the limit */
};

struct model_window {
    size_t series;
    int interval;
    int64_t open_us;
    int64_t trades;
    int64_t forgotten; /* ids of forgotten holes */
    bool final;
    int64_t added; /* trades since the last record, and those of them by repair */
    int64_t repaired;
    int32_t revision;
    bool written; /* at that time, with that coverage */
    int64_t written_us;
    enum coverage coverage;
    int64_t missing;
};

struct model {
    const struct candle_options *options;
    int32_t partition;
    struct model_market *markets;
    size_t n_markets;
    struct model_series *series;
    size_t n_series;
    struct model_trade *trades; /* accepted ones, all */
    size_t n_trades;
    size_t trades_room;
    struct model_window *windows; /* in the state */
    size_t n_windows;
    size_t windows_room;
    const struct fold_sink *sink; /* of the call */
};

int64_t model_length_us(int interval);
int64_t model_open_us(int interval, int64_t time_us);

/* The window's candle from all trades in it, but for status, coverage, revision and reason. One
 * trade more is counted in where given. -1: a sum no longer fits. */
int model_candle(const struct model *m, const struct model_window *w,
                 const struct model_trade *more, struct candle *ret) MUST_CHECK;

/* --- windows --- */

#define MODEL_NEVER_US (INT64_MIN / 4) /* before all time; sums with it still fit */
enum { MODEL_WINDOWS_ROOM = 1 << 18, MODEL_SILENCE_US = 3000000 };

bool model_is_enabled(const struct model *m, int interval);
struct model_window *model_find_window(const struct model *m, size_t series, int interval,
                                       int64_t open_us); /* NULL: not in the state */
struct model_window *model_add_window(struct model *m, size_t series, int interval,
                                      int64_t open_us);

/* Whether stream time has closed the window. */
bool model_is_closed(const struct model *m, const struct model_window *w);

/* Whether the window, which is not there, may still be made for a trade. */
bool model_is_makeable(const struct model *m, size_t series, int interval, int64_t open_us);

/* Drops closed windows where that makes room for so many more. False: not so many are closed. */
bool model_make_room(struct model *m, size_t more);

/* The first trade or tick of an exchange stands for a tick before the first. */
void model_begin(struct model_market *x, int64_t receive_us);

/* Stream time reaches the record's receive time, or was there: what is due by that. */
void model_advance(struct model *m, size_t market, int64_t receive_us);

/* What is due after holes or lost time have changed, or trades have come. */
void model_settle(struct model *m, size_t market);

void model_count(const struct model *m, enum candle_counter counter);

#endif
