/* Images of the arbitrage fold: there and back, and bytes that no fold wrote. */
#include "arbitrage_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { IMAGE_LIMIT = 1 << 20 };

static struct arbitrage_options options;

static void *create_state(void)
{
    void *state = arbitrage_fold.create(&options, ARBITRAGE_CASE_PARTITION, NULL);
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
    int r = arbitrage_fold.restore(state, slice_make(copy, bytes.len), &e);
    free(copy);
    *ret_code = e.code;
    return r;
}

static void apply(struct fold_harness *h, const struct arbitrage_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct record r = arbitrage_case_record(&steps[i]);
        fold_harness_apply(h, &r);
    }
}

/* A state with all there is in it: quotes of every kind, an epoch that is over, something open,
 * something that dwells. */
static void fill(struct fold_harness *h)
{
    static const struct arbitrage_step steps[] = {
        {TICK, "kraken", 0, ""},
        {TICK, "okx", 0, ""},
        {TICK, "x", 0, "", .epoch = 4},
        {NORMAL, "kraken", 0, "", "99", "100", "0.5"},
        {NORMAL, "okx", 0, "", "101", "102", "2"},
        {NORMAL, "okx", 50, "", "101", "102", "2"},
        {VOID, "kraken", 60, "", NULL, NULL, NULL, "A-USD"},
        {ONE_SIDED, "okx", 60, "", "1", NULL, NULL, "A-USD"},
        {CROSSED, "x", 60, "", "2", "1", NULL, "A-USD", .epoch = 4},
        {UNKNOWN, "free", 60, "", NULL, NULL, NULL, "A-USD"},
        {DEAD, "free", 70, "", .epoch = 1},
        {NORMAL, "kraken", 80, "", "9", "10", "5", "C-USD"},
        {NORMAL, "okx", 80, "", "11", "12", "5", "C-USD"},
    };
    fold_harness_init(h, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
    apply(h, steps, N(steps));
    assert_int_equal(h->counts[ARBITRAGE_OPENED], 1);
    const struct arbitrage_state *s = h->state;
    assert_int_equal(s->board->n_pairs, 3);
    assert_non_null(board_find_pair(s->board, slice_of("C-USD"))->lives);
}

static void image_of_a_restored_image_is_the_same(void **state)
{
    (void)state;
    struct fold_harness h;
    struct strbuf first = STRBUF_INIT(IMAGE_LIMIT);
    struct strbuf again = STRBUF_INIT(IMAGE_LIMIT);
    fold_harness_init(&h, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
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
        assert_int_equal(arbitrage_fold.image(h.state, &b, &e), -1);
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
        arbitrage_fold.destroy(restored);
    }
    strbuf_finish(&image);
    fold_harness_finish(&h);
}

/* Any bit changed: refused, or a state that is whole and goes on. */
static void changed_bits_do_no_harm(void **state)
{
    (void)state;
    static const struct arbitrage_step after[] = {
        {NORMAL, "kraken", 100, "", "99", "100"},
        {NORMAL, "okx", 900, "", "101", "102"},
        {TICK, "kraken", INT64_C(1) << 40, "", .epoch = INT64_MAX - 1},
    };
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
        fold_harness_init(&x, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
        int r = restore(x.state, strbuf_slice(&image), &code);
        *at = (char)(*at ^ 1 << i % 8);
        if (r == 0) {
            taken++;
            fold_harness_reopen(&x);
            apply(&x, after, N(after));
        } else if (code != ERR_PROTO) {
            fail_msg("bit %zu: %s", i, err_code_name(code));
        }
        fold_harness_finish(&x);
    }
    assert_in_range(taken, image.len, 7 * image.len); /* prices, times, … and the rest */
    strbuf_finish(&image);
    fold_harness_finish(&h);
}

/* What is open goes on by the rules of now: an exchange that lost its fee closes. */
static void a_state_goes_on_with_other_options(void **state)
{
    (void)state;
    static const struct arbitrage_step tick[] = {{TICK, "okx", 90, ""}};
    struct fold_harness h;
    struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
    struct strbuf said = STRBUF_INIT(IMAGE_LIMIT);
    fill(&h);
    fold_harness_image(&h, &image);
    fold_harness_finish(&h);

    enum err_code code;
    struct arbitrage_options others = options;
    others.rules.fees.n = 0;
    others.rules.max_symbols = 1;
    fold_harness_init(&h, &arbitrage_fold, &others, ARBITRAGE_CASE_PARTITION);
    assert_int_equal(restore(h.state, strbuf_slice(&image), &code), 0);
    apply(&h, tick, N(tick));
    assert_int_equal(h.n_said, 1);
    arbitrage_case_describe(&h, 0, &said);
    assert_string_equal(said.data, "closed kraken>okx fee");
    strbuf_finish(&image);
    strbuf_finish(&said);
    fold_harness_finish(&h);
}

/* The sink fails at any output: the fold says so, and nothing leaks. */
static void a_sink_that_fails(void **state)
{
    (void)state;
    static const struct arbitrage_step last = {TICK, "okx", 10000, ""};
    struct fold_harness h;
    fill(&h);
    size_t before = h.n_said;
    const struct record r = arbitrage_case_record(&last);
    fold_harness_apply(&h, &r);
    size_t outputs = h.n_said - before;
    fold_harness_finish(&h);
    assert_true(outputs > 1);
    for (size_t n = 0; n < outputs; n++) {
        struct err e = {0};
        fill(&h);
        h.emits_left = (int64_t)n;
        assert_int_equal(fold_harness_try(&h, &r, &e), -1);
        assert_int_equal(e.code, ERR_IO);
        fold_harness_finish(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_of_a_restored_image_is_the_same),
        cmocka_unit_test(no_room_for_the_image),
        cmocka_unit_test(cut_or_longer_images_are_refused),
        cmocka_unit_test(changed_bits_do_no_harm),
        cmocka_unit_test(a_state_goes_on_with_other_options),
        cmocka_unit_test(a_sink_that_fails),
    };
    arbitrage_case_options(&options);
    return cmocka_run_group_tests_name("arbitrage_image", tests, NULL, NULL);
}
