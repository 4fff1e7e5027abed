/* Images of the candle fold that no fold wrote: each value forged in turn. */
#include "candle_case.h"

#include "pack.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { IMAGE_LIMIT = 1 << 16 };

enum field {
    NOTHING, /* is forged */
    FIXED,   /* is never forged */
    FOLDS,
    N_MARKETS,
    STREAM,
    MINUTE,
    TICK_AT,
    MARKET_FLAGS,
    N_SERIES,
    MARKET,
    SERIES_FLAGS,
    SUBSCRIBED_AT,
    LOST_SINCE,
    LATEST,
    IDS_KNOWN,
    FIRST_ID,
    LAST_ID,
    EARLIEST,
    N_HOLES,
    HOLE_FIRST,
    HOLE_LAST,
    HOLE_TIME,
    SECOND_HOLE_FIRST,
    N_LOST,
    LOST_FROM,
    LOST_TO,
    SECOND_LOST_FROM,
    N_WINDOWS,
    SERIES,
    OPEN,
    OLDER, /* open of the other window */
    TRADES,
    VOLUME,
    FIRST_OFFSET,
    LAST_OFFSET,
    REVISION,
    FLAGS,
    WRITTEN,
    SAID,
    SAID_MISSING,
    FORGOTTEN,
    N_RESTING,
    RESTING
};

/* What is written in place of one value. */
struct forgery {
    enum field field;
    int64_t value;
    const char *exchange; /* NULL: binance */
    size_t exchange_len;
    const char *symbol; /* NULL: BTC-USDT */
    size_t symbol_len;
};

static char only_minutes[] = "1m";

static const struct candle_options options = {.intervals = only_minutes,
                                              .grace_ms = 2000,
                                              .keep_ms = 60000,
                                              .hold_ms = 86400000,
                                              .max_windows = 200000};

#define NOW_US (CANDLE_CASE_T0 + MS(50000))

/* --- writing --------------------------------------------------------------------------------- */

static void put(struct strbuf *out, const struct forgery *f, enum field field, int64_t value)
{
    assert_int_equal(pack_int(out, field == f->field ? f->value : value), 0);
}

static void put_text(struct strbuf *out, const char *text, const char *forged, size_t forged_len)
{
    assert_int_equal(pack_text(out, forged ? slice_make(forged, forged_len) : slice_of(text)), 0);
}

static void put_market(struct strbuf *out, const struct forgery *f)
{
    put_text(out, "binance", f->exchange, f->exchange_len);
    put(out, f, STREAM, NOW_US);
    put(out, f, MINUTE, CANDLE_CASE_T0);
    put(out, f, TICK_AT, NOW_US);
    put(out, f, MARKET_FLAGS, 0);
}

static void put_ids(struct strbuf *out, const struct forgery *f)
{
    put(out, f, IDS_KNOWN, 1);
    put(out, f, FIRST_ID, 10);
    put(out, f, LAST_ID, 20);
    put(out, f, FIXED, NOW_US); /* of the first and of the last */
    put(out, f, FIXED, NOW_US);
    put(out, f, EARLIEST, NOW_US);
    put(out, f, FIXED, NOW_US); /* the latest */
    put(out, f, FIXED, 0);      /* the floor */
    put(out, f, N_HOLES, 2);
    put(out, f, HOLE_FIRST, 12);
    put(out, f, HOLE_LAST, 13);
    put(out, f, HOLE_TIME, NOW_US);
    put(out, f, FIXED, NOW_US);
    put(out, f, SECOND_HOLE_FIRST, 15);
    put(out, f, FIXED, 19);
    put(out, f, FIXED, NOW_US);
    put(out, f, FIXED, NOW_US);
}

static void put_lost(struct strbuf *out, const struct forgery *f)
{
    put(out, f, N_LOST, 2);
    put(out, f, LOST_FROM, 100);
    put(out, f, LOST_TO, 200);
    put(out, f, SECOND_LOST_FROM, 201);
    put(out, f, FIXED, 300);
}

static void put_series(struct strbuf *out, const struct forgery *f)
{
    put(out, f, MARKET, 0);
    put_text(out, "BTC-USDT", f->symbol, f->symbol_len);
    put(out, f, SERIES_FLAGS, 0);
    put(out, f, SUBSCRIBED_AT, BOOK_NEVER);
    put(out, f, LOST_SINCE, BOOK_NEVER);
    put(out, f, LATEST, NOW_US);
    put(out, f, FIXED, BOOK_NEVER); /* nothing was dropped */
    put_ids(out, f);
    put_lost(out, f);
}

static void put_sum(struct strbuf *out, const struct forgery *f, int64_t open_us)
{
    const struct decimal one = {1};
    put(out, f, TRADES, 1);
    for (int point = 0; point < 2; point++) {
        put(out, f, FIXED, open_us); /* time and sequence */
        put(out, f, FIXED, 7);
        assert_int_equal(pack_decimal(out, one), 0);
        assert_int_equal(pack_text(out, slice_of("id")), 0);
    }
    for (int i = 0; i < 5; i++) { /* high, low and the volumes */
        const struct decimal value = {f->field == VOLUME && i == 2 ? f->value : 1};
        assert_int_equal(pack_decimal(out, value), 0);
    }
    put(out, f, FIRST_OFFSET, 4);
    put(out, f, LAST_OFFSET, 5);
}

static void put_window(struct strbuf *out, const struct forgery *f, enum field open,
                       int64_t open_us)
{
    put(out, f, SERIES, 0);
    put(out, f, open, open_us);
    put_sum(out, f, open_us);
    put(out, f, REVISION, 0);
    put(out, f, FLAGS, 1);
    put(out, f, WRITTEN, NOW_US);
    put(out, f, SAID, COVERAGE_COMPLETE);
    put(out, f, SAID_MISSING, 0);
    put(out, f, FORGOTTEN, 0);
}

/* One window kept and one open; the open one rests. */
static void put_windows(struct strbuf *out, const struct forgery *f)
{
    for (int i = 0; i < INTERVALS; i++)
        for (int stage = STAGES - 1; stage >= 0; stage--) {
            bool mine = i == INTERVAL_1M && stage != STAGE_HELD;
            put(out, f, mine && stage == STAGE_KEPT ? N_WINDOWS : FIXED, mine);
            if (mine && stage == STAGE_KEPT)
                put_window(out, f, OLDER, CANDLE_CASE_T0 - US_PER_MIN);
            if (mine && stage == STAGE_OPEN)
                put_window(out, f, OPEN, CANDLE_CASE_T0);
        }
    for (int i = 0; i < RESTS; i++) {
        put(out, f, i == INTERVAL_1M ? N_RESTING : FIXED, i == INTERVAL_1M);
        if (i == INTERVAL_1M)
            put(out, f, RESTING, 1);
    }
}

/* How often each part stands there; once is right. */
struct copies {
    int markets;
    int series;
};

static void forge(struct strbuf *out, const struct forgery *f, struct copies copies)
{
    put(out, f, FOLDS, 1 << INTERVAL_1M);
    put(out, f, N_MARKETS, copies.markets);
    for (int i = 0; i < copies.markets; i++)
        put_market(out, f);
    put(out, f, N_SERIES, copies.series);
    for (int i = 0; i < copies.series; i++)
        put_series(out, f);
    put_windows(out, f);
}

static int restore_forged(const struct forgery *f, struct copies copies, enum err_code *ret_code)
{
    struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
    struct err e = {0};
    forge(&image, f, copies);
    void *state = candle_fold.create(&options, CANDLE_CASE_PARTITION, &e);
    assert_non_null(state);
    int r = candle_fold.restore(state, strbuf_slice(&image), &e);
    candle_fold.destroy(state);
    strbuf_finish(&image);
    *ret_code = e.code;
    return r;
}

/* --- forgeries ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct forgery forgery;
    bool good;
} forgeries[] = {
#define NUMBER(field_, value_)                                                                     \
    {                                                                                              \
        .field = (field_), .value = (value_)                                                       \
    }
#define EXCHANGE(text_)                                                                            \
    {                                                                                              \
        .exchange = (text_), .exchange_len = sizeof(text_) - 1                                     \
    }
#define SYMBOL(text_)                                                                              \
    {                                                                                              \
        .symbol = (text_), .symbol_len = sizeof(text_) - 1                                         \
    }
    {"as it should be", NUMBER(NOTHING, 0), true},
    {"other exchange", EXCHANGE("x"), true},
    {"other symbol", SYMBOL("x"), true},
    {"last stream time", NUMBER(STREAM, TIME_END_US - 1), true},
    {"subscribed once", NUMBER(SUBSCRIBED_AT, 5), true},
    {"no exchange", NUMBER(N_MARKETS, 0), false},
    {"exchange too many", NUMBER(N_MARKETS, 2), false},
    {"exchanges below zero", NUMBER(N_MARKETS, -1), false},
    {"exchanges without end", NUMBER(N_MARKETS, INT64_MAX), false},
    {"exchange without a name", EXCHANGE(""), false},
    {"exchange with a zero byte", EXCHANGE("a\0b"), false},
    {"exchange that would be two", EXCHANGE("a|b"), false},
    {"exchange of 21 bytes", EXCHANGE("xxxxxxxxxxxxxxxxxxxxx"), false},
    {"stream time before 1970", NUMBER(STREAM, -1), false},
    {"no stream time, but a tick", NUMBER(STREAM, BOOK_NEVER), false},
    {"stream time behind 9999", NUMBER(STREAM, TIME_END_US), false},
    {"largest stream time", NUMBER(STREAM, INT64_MAX), false},
    {"minute that is none", NUMBER(MINUTE, CANDLE_CASE_T0 + 1), false},
    {"minute to come", NUMBER(MINUTE, CANDLE_CASE_T0 + US_PER_MIN), false},
    {"least minute", NUMBER(MINUTE, INT64_MIN), false},
    {"tick behind 9999", NUMBER(TICK_AT, TIME_END_US), false},
    {"unknown flag of an exchange", NUMBER(MARKET_FLAGS, 4), false},
    {"symbols without end", NUMBER(N_SERIES, INT64_MAX), false},
    {"symbol too many", NUMBER(N_SERIES, 2), false},
    {"symbol of no exchange", NUMBER(MARKET, 1), false},
    {"symbol of exchange -1", NUMBER(MARKET, -1), false},
    {"symbol without a name", SYMBOL(""), false},
    {"symbol with a zero byte", SYMBOL("a\0b"), false},
    {"unknown flag of a symbol", NUMBER(SERIES_FLAGS, 4), false},
    {"subscribed behind 9999", NUMBER(SUBSCRIBED_AT, TIME_END_US), false},
    {"lost before 1970", NUMBER(LOST_SINCE, -1), false},
    {"latest trade before 1970", NUMBER(LATEST, -1), false},
    {"ids known twice over", NUMBER(IDS_KNOWN, 2), false},
    {"first id below zero", NUMBER(FIRST_ID, -1), false},
    {"last id below the first", NUMBER(LAST_ID, 9), false},
    {"earliest trade before 1970", NUMBER(EARLIEST, -1), false},
    {"holes without end", NUMBER(N_HOLES, INT64_MAX), false},
    {"hole at the first id", NUMBER(HOLE_FIRST, 10), false},
    {"hole without an id", NUMBER(HOLE_LAST, 11), false},
    {"hole behind the last id", NUMBER(HOLE_LAST, 20), false},
    {"hole before 1970", NUMBER(HOLE_TIME, -1), false},
    {"holes that touch", NUMBER(SECOND_HOLE_FIRST, 14), false},
    {"lost ranges without end", NUMBER(N_LOST, INT64_MAX), false},
    {"empty lost range", NUMBER(LOST_TO, 100), false},
    {"lost before 1970", NUMBER(LOST_FROM, -1), false},
    {"lost ranges that touch", NUMBER(SECOND_LOST_FROM, 200), false},
    {"windows without end", NUMBER(N_WINDOWS, INT64_MAX), false},
    {"one window less", NUMBER(N_WINDOWS, 0), false},
    {"window of no symbol", NUMBER(SERIES, 1), false},
    {"window of symbol -1", NUMBER(SERIES, -1), false},
    {"start within a minute", NUMBER(OPEN, CANDLE_CASE_T0 + 1), false},
    {"start before 1970", NUMBER(OLDER, -US_PER_MIN), false},
    {"least start", NUMBER(OLDER, INT64_MIN), false},
    {"start behind 9999", NUMBER(OPEN, TIME_END_US), false},
    {"largest start", NUMBER(OPEN, INT64_MAX), false},
    {"the same window twice", NUMBER(OLDER, CANDLE_CASE_T0), false},
    {"trades below zero", NUMBER(TRADES, -1), false},
    {"trades without end", NUMBER(TRADES, INT64_MAX), false},
    {"volume below zero", NUMBER(VOLUME, -1), false},
    {"more bought than traded", NUMBER(VOLUME, 0), false},
    {"offset below zero", NUMBER(FIRST_OFFSET, -1), false},
    {"last offset below zero", NUMBER(LAST_OFFSET, -1), false},
    {"revision below zero", NUMBER(REVISION, -1), false},
    {"largest revision", NUMBER(REVISION, INT32_MAX), false},
    {"revision of 33 bits", NUMBER(REVISION, INT64_C(1) << 32), false},
    {"unknown flag", NUMBER(FLAGS, 8), false},
    {"flags below zero", NUMBER(FLAGS, -1), false},
    {"written before 1970", NUMBER(WRITTEN, -1), false},
    {"least written", NUMBER(WRITTEN, INT64_MIN), false},
    {"written after the stream time", NUMBER(WRITTEN, NOW_US + 1), false},
    {"coverage that is none", NUMBER(SAID, COVERAGE_DOWN + 1), false},
    {"coverage below zero", NUMBER(SAID, -1), false},
    {"missing below zero", NUMBER(SAID_MISSING, -1), false},
    {"forgotten below zero", NUMBER(FORGOTTEN, -1), false},
    {"resting without end", NUMBER(N_RESTING, INT64_MAX), false},
    {"nobody rests, but is named", NUMBER(N_RESTING, 0), false},
    {"resting, but not there", NUMBER(RESTING, 2), false},
    {"resting in the list of open ones, but closed", NUMBER(RESTING, 0), false},
#undef NUMBER
#undef EXCHANGE
#undef SYMBOL
};

static void forged_images_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(forgeries); i++) {
        enum err_code code;
        int r = restore_forged(&forgeries[i].forgery, (struct copies){1, 1}, &code);
        if (r != (forgeries[i].good ? 0 : -1) || (r != 0 && code != ERR_PROTO))
            fail_msg("%s: %d, %s", forgeries[i].name, r, err_code_name(code));
    }
}

static void names_stand_once(void **state)
{
    (void)state;
    const struct forgery none = {.field = NOTHING};
    enum err_code code;
    assert_int_equal(restore_forged(&none, (struct copies){2, 1}, &code), -1);
    assert_int_equal(code, ERR_PROTO);
    assert_int_equal(restore_forged(&none, (struct copies){1, 2}, &code), -1);
    assert_int_equal(code, ERR_PROTO);
}

static void a_state_of_other_intervals_is_named(void **state)
{
    (void)state;
    const struct forgery with_hours = {.field = FOLDS, .value = 1 << INTERVAL_1M | 1 << 5};
    enum err_code code;
    assert_int_equal(restore_forged(&with_hours, (struct copies){1, 1}, &code), -1);
    assert_int_equal(code, ERR_CONF);
    const struct forgery unknown = {.field = FOLDS, .value = 1 << INTERVALS};
    assert_int_equal(restore_forged(&unknown, (struct copies){1, 1}, &code), -1);
    assert_int_equal(code, ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_images_are_refused),
        cmocka_unit_test(names_stand_once),
        cmocka_unit_test(a_state_of_other_intervals_is_named),
    };
    return cmocka_run_group_tests_name("candle_forged", tests, NULL, NULL);
}
