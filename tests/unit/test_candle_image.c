/* Images of the candle fold: there and back, and bytes that no fold wrote. */
#include "candle_case.h"

#include "pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { IMAGE_LIMIT = 1 << 20 };

static void *create_state(void)
{
    void *state = candle_fold.create(&candle_case_defaults, CANDLE_CASE_PARTITION, NULL);
    assert_non_null(state);
    return state;
}

/* Restores the bytes, from memory of just their size. 0, or -1 with the error's code. */
static int restore(void *state, struct slice bytes, enum err_code *ret_code)
{
    struct err e = {0};
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    int r = candle_fold.restore(state, slice_make(copy, bytes.len), &e);
    free(copy);
    *ret_code = e.code;
    return r;
}

/* A state with all there is in it: two exchanges, windows open, closed and revised, some resting.
 */
static void fill(struct fold_harness *h)
{
    static const struct {
        const char *exchange;
        const char *symbol; /* NULL: a tick */
        int64_t exchange_us;
        int64_t receive_us;
        bool repair;
    } inputs[] = {
        {"binance", "BTC-USDT", MS(1000), MS(1000), false},
        {"binance", "ETH-USDT", MS(1500), MS(1600), false},
        {"kraken", "BTC-USD", MS(2000), MS(2000), false},
        {"okx", NULL, 0, MS(5000), false},
        {"binance", NULL, 0, MS(62000), false},
        {"binance", "BTC-USDT", MS(61000), MS(62100), false},
        {"binance", "BTC-USDT", MS(3000), MS(62900), false},
        {"binance", "ETH-USDT", MS(3000), MS(63000), true},
        {"binance", "BTC-USDT", MS(3000), MS(63100), true},
        {"kraken", "BTC-USD", MS(2000), MS(2100), false},
    };
    fold_harness_init(h, &candle_fold, &candle_case_defaults, CANDLE_CASE_PARTITION);
    for (size_t i = 0; i < N(inputs); i++) {
        struct record r =
            candle_case_tick(inputs[i].exchange, CANDLE_CASE_T0 + inputs[i].receive_us);
        if (inputs[i].symbol)
            r = candle_case_trade(inputs[i].exchange, inputs[i].symbol,
                                  CANDLE_CASE_T0 + inputs[i].exchange_us);
        if (inputs[i].symbol)
            r.trade.receive_time_us = CANDLE_CASE_T0 + inputs[i].receive_us;
        if (inputs[i].repair)
            r.trade.origin = TRADE_ORIGIN_REPAIR;
        fold_harness_apply(h, &r);
    }
}

static void image_of_a_restored_image_is_the_same(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf first = STRBUF_INIT(IMAGE_LIMIT);
    struct strbuf again = STRBUF_INIT(IMAGE_LIMIT);
    fold_harness_init(&h, &candle_fold, &candle_case_defaults, CANDLE_CASE_PARTITION);
    fold_harness_image(&h, &first);
    fold_harness_reopen(&h);
    fold_harness_image(&h, &again);
    assert_true(slice_eq(strbuf_slice(&first), strbuf_slice(&again)));
    fold_harness_finish(&h);

    fill(&h);
    strbuf_reset(&first);
    strbuf_reset(&again);
    fold_harness_image(&h, &first);
    fold_harness_reopen(&h);
    fold_harness_image(&h, &again);
    assert_true(slice_eq(strbuf_slice(&first), strbuf_slice(&again)));
    strbuf_finish(&first);
    strbuf_finish(&again);
    fold_harness_finish(&h);
}

static void no_room_for_the_image(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf whole = STRBUF_INIT(IMAGE_LIMIT);
    fill(&h);
    fold_harness_image(&h, &whole);
    for (size_t room = 0; room < whole.len; room++) {
        struct err e = {0};
        struct strbuf b = STRBUF_INIT(room);
        assert_int_equal(candle_fold.image(h.state, &b, &e), -1);
        assert_int_equal(e.code, ERR_NOMEM);
        strbuf_finish(&b);
    }
    strbuf_finish(&whole);
    fold_harness_finish(&h);
}

static void cut_or_longer_images_are_refused(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
    fill(&h);
    fold_harness_image(&h, &image);
    size_t whole = image.len;
    assert_int_equal(strbuf_addc(&image, '\0'), 0);
    for (size_t len = 0; len <= whole + 1; len++) {
        enum err_code code;
        void *restored = create_state();
        int r = restore(restored, slice_make(image.data, len), &code);
        if (r != (len == whole ? 0 : -1) || (r != 0 && code != ERR_PROTO))
            fail_msg("%zu of %zu bytes: %d", len, whole, r);
        candle_fold.destroy(restored);
    }
    strbuf_finish(&image);
    fold_harness_finish(&h);
}

/* Any bit changed: refused, or a state that is whole and goes on. */
static void changed_bits_do_no_harm(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
    fill(&h);
    fold_harness_image(&h, &image);
    size_t taken = 0;
    for (size_t i = 0; i < 8 * image.len; i++) {
        char *at = &image.data[i / 8];
        enum err_code code;
        *at = (char)(*at ^ 1 << i % 8);
        struct fold_harness x;
        fold_harness_init(&x, &candle_fold, &candle_case_defaults, CANDLE_CASE_PARTITION);
        int r = restore(x.state, strbuf_slice(&image), &code);
        *at = (char)(*at ^ 1 << i % 8);
        if (r == 0) {
            taken++;
            fold_harness_reopen(&x);
            const struct record trade = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
            const struct record tick = candle_case_tick("binance", TIME_END_US - 1);
            fold_harness_apply(&x, &trade);
            fold_harness_apply(&x, &tick);
        } else if (code != ERR_PROTO) {
            fail_msg("bit %zu: %s", i, err_code_name(code));
        }
        fold_harness_finish(&x);
    }
    assert_in_range(taken, image.len, 7 * image.len); /* prices, texts, … and the rest */
    strbuf_finish(&image);
    fold_harness_finish(&h);
}

/* --- images made by hand --------------------------------------------------------------------- */

enum field {
    NOTHING, /* is forged */
    FIXED,   /* is never forged */
    N_MARKETS,
    STREAM,
    N_SERIES,
    MARKET,
    N_WINDOWS,
    OPEN,
    OLDER, /* open of the second window */
    TRADES,
    FIRST_OFFSET,
    LAST_OFFSET,
    REVISION,
    FLAGS,
    WRITTEN,
    N_RESTING,
    RESTING_OPEN
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

static void put(struct strbuf *out, const struct forgery *f, enum field field, int64_t value)
{
    assert_int_equal(pack_int(out, field == f->field ? f->value : value), 0);
}

static void put_text(struct strbuf *out, const char *text, const char *forged, size_t forged_len)
{
    assert_int_equal(pack_text(out, forged ? slice_make(forged, forged_len) : slice_of(text)), 0);
}

static void put_window(struct strbuf *out, const struct forgery *f, enum field open,
                       int64_t open_us)
{
    const struct decimal one = {1};
    put(out, f, open, open_us);
    for (int point = 0; point < 2; point++) {
        put(out, f, FIXED, open_us); /* time and sequence */
        put(out, f, FIXED, 7);
        assert_int_equal(pack_decimal(out, one), 0);
        assert_int_equal(pack_text(out, slice_of("id")), 0);
    }
    for (int i = 0; i < 5; i++) /* high, low and the volumes */
        assert_int_equal(pack_decimal(out, one), 0);
    put(out, f, TRADES, 1);
    put(out, f, FIRST_OFFSET, 4);
    put(out, f, LAST_OFFSET, 5);
    put(out, f, REVISION, 0);
    put(out, f, FLAGS, 0);
    put(out, f, WRITTEN, CANDLE_CASE_T0 + MS(50000));
}

/* One exchange, one symbol, two windows, the newer one resting. */
static void forge(struct strbuf *out, const struct forgery *f)
{
    put(out, f, N_MARKETS, 1);
    put_text(out, "binance", f->exchange, f->exchange_len);
    put(out, f, STREAM, CANDLE_CASE_T0 + MS(50000));
    put(out, f, N_SERIES, 1);
    put(out, f, MARKET, 0);
    put_text(out, "BTC-USDT", f->symbol, f->symbol_len);
    put(out, f, N_WINDOWS, 2);
    put_window(out, f, OPEN, CANDLE_CASE_T0);
    put_window(out, f, OLDER, CANDLE_CASE_T0 - US_PER_MIN);
    put(out, f, N_RESTING, 1);
    put_text(out, "BTC-USDT", f->symbol, f->symbol_len);
    put(out, f, RESTING_OPEN, CANDLE_CASE_T0);
}

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
    {"no exchange", NUMBER(N_MARKETS, 0), false},
    {"exchange too many", NUMBER(N_MARKETS, 2), false},
    {"exchanges below zero", NUMBER(N_MARKETS, -1), false},
    {"exchanges without end", NUMBER(N_MARKETS, INT64_MAX), false},
    {"exchange without a name", EXCHANGE(""), false},
    {"exchange with a zero byte", EXCHANGE("a\0b"), false},
    {"exchange that would be two", EXCHANGE("a|b"), false},
    {"exchange of 21 bytes", EXCHANGE("xxxxxxxxxxxxxxxxxxxxx"), false},
    {"stream time before 1970", NUMBER(STREAM, -1), false},
    {"least stream time", NUMBER(STREAM, INT64_MIN), false},
    {"stream time behind 9999", NUMBER(STREAM, TIME_END_US), false},
    {"largest stream time", NUMBER(STREAM, INT64_MAX), false},
    {"symbols without end", NUMBER(N_SERIES, INT64_MAX), false},
    {"symbol of no exchange", NUMBER(MARKET, 1), false},
    {"symbol of exchange -1", NUMBER(MARKET, -1), false},
    {"symbol without a name", SYMBOL(""), false},
    {"symbol with a zero byte", SYMBOL("a\0b"), false},
    {"windows without end", NUMBER(N_WINDOWS, INT64_MAX), false},
    {"one window less", NUMBER(N_WINDOWS, 1), false},
    {"start within a minute", NUMBER(OPEN, CANDLE_CASE_T0 + 1), false},
    {"start before 1970", NUMBER(OLDER, -US_PER_MIN), false},
    {"least start", NUMBER(OLDER, INT64_MIN), false},
    {"start behind 9999", NUMBER(OPEN, TIME_END_US), false},
    {"largest start", NUMBER(OPEN, INT64_MAX), false},
    {"the same window twice", NUMBER(OLDER, CANDLE_CASE_T0), false},
    {"windows not in order", NUMBER(OLDER, CANDLE_CASE_T0 + US_PER_MIN), false},
    {"window without a trade", NUMBER(TRADES, 0), false},
    {"trades without end", NUMBER(TRADES, INT64_MAX), false},
    {"offset below zero", NUMBER(FIRST_OFFSET, -1), false},
    {"last offset below zero", NUMBER(LAST_OFFSET, -1), false},
    {"revision below zero", NUMBER(REVISION, -1), false},
    {"largest revision", NUMBER(REVISION, INT32_MAX), false},
    {"revision of 33 bits", NUMBER(REVISION, INT64_C(1) << 32), false},
    {"unknown flag", NUMBER(FLAGS, 8), false},
    {"flags below zero", NUMBER(FLAGS, -1), false},
    {"written before 1970", NUMBER(WRITTEN, -1), false},
    {"least written", NUMBER(WRITTEN, INT64_MIN), false},
    {"written after the stream time", NUMBER(WRITTEN, CANDLE_CASE_T0 + MS(50001)), false},
    {"resting without end", NUMBER(N_RESTING, INT64_MAX), false},
    {"nobody rests, but is named", NUMBER(N_RESTING, 0), false},
    {"resting, but not there", NUMBER(RESTING_OPEN, CANDLE_CASE_T0 + US_PER_MIN), false},
#undef NUMBER
#undef EXCHANGE
#undef SYMBOL
};

static void forged_images_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(forgeries); i++) {
        struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
        enum err_code code;
        forge(&image, &forgeries[i].forgery);
        void *restored = create_state();
        int r = restore(restored, strbuf_slice(&image), &code);
        if (r != (forgeries[i].good ? 0 : -1) || (r != 0 && code != ERR_PROTO))
            fail_msg("%s: %d", forgeries[i].name, r);
        candle_fold.destroy(restored);
        strbuf_finish(&image);
    }
}

enum twice { EXCHANGE, SYMBOL, RESTING, NEITHER };

static void forge_twice(struct strbuf *out, enum twice twice)
{
    const struct forgery none = {.field = NOTHING};
    put(out, &none, FIXED, twice == EXCHANGE ? 2 : 1);
    for (int i = twice == EXCHANGE ? 0 : 1; i < 2; i++) {
        put_text(out, "binance", NULL, 0);
        put(out, &none, FIXED, CANDLE_CASE_T0 + MS(50000));
    }
    put(out, &none, FIXED, twice == SYMBOL ? 2 : 1);
    for (int i = twice == SYMBOL ? 0 : 1; i < 2; i++) {
        put(out, &none, FIXED, 0);
        put_text(out, "BTC-USDT", NULL, 0);
        put(out, &none, FIXED, i); /* windows: the first of two symbols has none */
        if (i == 1)
            put_window(out, &none, OPEN, CANDLE_CASE_T0);
    }
    put(out, &none, FIXED, twice == RESTING ? 2 : 1);
    for (int i = twice == RESTING ? 0 : 1; i < 2; i++) {
        put_text(out, "BTC-USDT", NULL, 0);
        put(out, &none, FIXED, CANDLE_CASE_T0);
    }
}

/* Names and resting windows stand once. */
static void twice_the_same_is_refused(void **state)
{
    (void)state;
    for (int twice = EXCHANGE; twice <= NEITHER; twice++) {
        struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
        enum err_code code;
        forge_twice(&image, (enum twice)twice);
        void *restored = create_state();
        int r = restore(restored, strbuf_slice(&image), &code);
        if (r != (twice == NEITHER ? 0 : -1) || (r != 0 && code != ERR_PROTO))
            fail_msg("number %d: %d", twice, r);
        candle_fold.destroy(restored);
        strbuf_finish(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_of_a_restored_image_is_the_same),
        cmocka_unit_test(no_room_for_the_image),
        cmocka_unit_test(cut_or_longer_images_are_refused),
        cmocka_unit_test(changed_bits_do_no_harm),
        cmocka_unit_test(forged_images_are_refused),
        cmocka_unit_test(twice_the_same_is_refused),
    };
    return cmocka_run_group_tests_name("candle_image", tests, NULL, NULL);
}
