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
    void *state = candle_fold.create(&candle_case_minutes, CANDLE_CASE_PARTITION, NULL);
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

/* A state with all there is in it: three exchanges, windows open, closed, revised and without a
 * trade, some resting; holes, lost time and a symbol that is lost. */
static void fill(struct fold_harness *h)
{
    static const struct {
        const char *exchange;
        const char *symbol; /* NULL: a tick */
        int64_t exchange_us;
        int64_t receive_us;
        bool repair;
        int64_t sequence; /* 0: none */
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
        {"okx", "SOL-USDT", MS(5000), MS(5100), false, 7},
        {"okx", "SOL-USDT", MS(5000), MS(5200), false, 11},
        {"okx", "SOL-USDT", MS(5500), MS(5600), false, 9},
        {"okx", NULL, 0, MS(190000), false},
    };
    fold_harness_init(h, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
    for (size_t i = 0; i < N(inputs); i++) {
        struct record r =
            candle_case_tick(inputs[i].exchange, CANDLE_CASE_T0 + inputs[i].receive_us);
        if (inputs[i].symbol)
            r = candle_case_trade(inputs[i].exchange, inputs[i].symbol,
                                  CANDLE_CASE_T0 + inputs[i].exchange_us);
        if (inputs[i].symbol)
            r.trade.receive_time_us = CANDLE_CASE_T0 + inputs[i].receive_us;
        if (inputs[i].sequence)
            r.trade.sequence = inputs[i].sequence;
        if (inputs[i].symbol)
            r.trade.has_sequence = inputs[i].sequence != 0;
        if (inputs[i].repair)
            r.trade.origin = TRADE_ORIGIN_REPAIR;
        fold_harness_apply(h, &r);
    }
    const struct record lost = {.type = RECORD_FEED,
                                .feed = {.exchange = slice_of("okx"),
                                         .symbol = slice_of("SOL-USDT"),
                                         .event = FEED_EVENT_LOST,
                                         .receive_time_us = CANDLE_CASE_T0 + MS(190000)}};
    fold_harness_apply(h, &lost);
}

static void image_of_a_restored_image_is_the_same(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf first = STRBUF_INIT(IMAGE_LIMIT);
    struct strbuf again = STRBUF_INIT(IMAGE_LIMIT);
    fold_harness_init(&h, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
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
        fold_harness_init(&x, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
        int r = restore(x.state, strbuf_slice(&image), &code);
        *at = (char)(*at ^ 1 << i % 8);
        if (r == 0) {
            taken++;
            fold_harness_reopen(&x);
            const struct record trade = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
            const struct record tick = candle_case_tick("binance", TIME_END_US - 1);
            fold_harness_apply(&x, &trade);
            fold_harness_apply(&x, &tick);
        } else if (code != ERR_PROTO && code != ERR_CONF) { /* of other options */
            fail_msg("bit %zu: %s", i, err_code_name(code));
        }
        fold_harness_finish(&x);
    }
    assert_in_range(taken, image.len, 7 * image.len); /* prices, texts, … and the rest */
    strbuf_finish(&image);
    fold_harness_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_of_a_restored_image_is_the_same),
        cmocka_unit_test(no_room_for_the_image),
        cmocka_unit_test(cut_or_longer_images_are_refused),
        cmocka_unit_test(changed_bits_do_no_harm),
    };
    return cmocka_run_group_tests_name("candle_image", tests, NULL, NULL);
}
