/* Laws of the candle fold, over random input. CW_TEST_SEED and CW_TEST_CASES choose other and more
 * of it; what fails says its seed. */
#include "candle_case.h"
#include "candle_model.h"
#include "candle_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IMAGE_LIMIT = 1 << 24, LONG_SCRIPT = 150, SHORT_SCRIPT = 24 };

static uint64_t from_environment(const char *name, uint64_t def)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : def;
}

static uint64_t first_seed(void)
{
    return from_environment("CW_TEST_SEED", 1);
}

static uint64_t n_cases(uint64_t def)
{
    return from_environment("CW_TEST_CASES", def);
}

static void open_fold(struct fold_harness *h, const struct candle_script *s)
{
    fold_harness_init(h, &candle_fold, &s->options, CANDLE_CASE_PARTITION);
}

/* Every candle, refusal and silence is what the simple model says. */
static void all_that_is_said_is_what_the_model_says(void **state)
{
    (void)state;
    size_t written = 0;
    size_t revised = 0;
    size_t refused = 0;
    for (uint64_t seed = first_seed(), last = seed + n_cases(1000); seed < last; seed++) {
        struct candle_script s;
        struct candle_model m;
        struct fold_harness h;
        char label[40];
        (void)snprintf(label, sizeof(label), "seed %llu", (unsigned long long)seed);
        candle_script_make(&s, seed, 10 + seed % LONG_SCRIPT, SCRIPT_WILD);
        candle_model_init(&m, &s.options, label);
        open_fold(&h, &s);
        for (size_t i = 0; i < s.n; i++) {
            size_t before = h.n_said;
            fold_harness_apply(&h, &s.items[i].record);
            candle_model_check(&m, &s.items[i], &h, before);
        }
        written += m.n_written;
        revised += m.n_revised;
        refused += m.n_refused;
        fold_harness_finish(&h);
        candle_model_finish(&m);
        candle_script_finish(&s);
    }
    assert_true(revised > written / 100 && refused > written / 100); /* or it proves little */
}

/* --- cuts ------------------------------------------------------------------------------------ */

static void expect_same(const struct fold_harness *whole, const struct fold_harness *cut,
                        uint64_t seed, size_t at)
{
    int64_t where = fold_harness_difference(whole, cut);
    if (where >= 0)
        fail_msg("seed %llu, cut at %zu: output %lld differs", (unsigned long long)seed, at,
                 (long long)where);
    struct strbuf a = STRBUF_INIT(IMAGE_LIMIT);
    struct strbuf b = STRBUF_INIT(IMAGE_LIMIT);
    fold_harness_image(whole, &a);
    fold_harness_image(cut, &b);
    if (!slice_eq(strbuf_slice(&a), strbuf_slice(&b)))
        fail_msg("seed %llu, cut at %zu: the states differ", (unsigned long long)seed, at);
    strbuf_finish(&a);
    strbuf_finish(&b);
}

static void run_whole(struct fold_harness *h, const struct candle_script *s)
{
    open_fold(h, s);
    for (size_t i = 0; i < s->n; i++)
        fold_harness_apply(h, &s->items[i].record);
}

/* Wherever the input is cut, saved and gone on from, the rest is the same to the byte. */
static void any_cut_goes_unnoticed(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(), last = seed + n_cases(150); seed < last; seed++) {
        struct candle_script s;
        struct fold_harness whole;
        candle_script_make(&s, seed, SHORT_SCRIPT, SCRIPT_WILD);
        run_whole(&whole, &s);
        for (size_t at = 0; at <= s.n; at++) {
            struct fold_harness cut;
            open_fold(&cut, &s);
            for (size_t i = 0; i < s.n; i++) {
                if (i == at)
                    fold_harness_reopen(&cut);
                fold_harness_apply(&cut, &s.items[i].record);
            }
            if (at == s.n)
                fold_harness_reopen(&cut);
            expect_same(&whole, &cut, seed, at);
            fold_harness_finish(&cut);
        }
        fold_harness_finish(&whole);
        candle_script_finish(&s);
    }
}

static void many_cuts_go_unnoticed(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(), last = seed + n_cases(150); seed < last; seed++) {
        struct candle_script s;
        struct fold_harness whole;
        struct fold_harness cut;
        uint64_t random = seed;
        candle_script_make(&s, seed, LONG_SCRIPT, SCRIPT_WILD);
        run_whole(&whole, &s);
        open_fold(&cut, &s);
        for (size_t i = 0; i < s.n; i++) {
            if (candle_script_below(&random, 1 + seed % 8) == 0)
                fold_harness_reopen(&cut);
            fold_harness_apply(&cut, &s.items[i].record);
        }
        expect_same(&whole, &cut, seed, 0);
        fold_harness_finish(&cut);
        fold_harness_finish(&whole);
        candle_script_finish(&s);
    }
}

/* --- exchanges ------------------------------------------------------------------------------- */

static struct slice exchange_of(const struct record *r)
{
    if (r->type == RECORD_TRADE)
        return r->trade.exchange;
    return r->type == RECORD_TICK ? r->tick.exchange : slice_of("");
}

static bool says_of(const struct fold_harness *h, size_t i, struct slice exchange)
{
    struct slice key = fold_harness_key(h, i);
    return key.len > exchange.len && memcmp(key.data, exchange.data, exchange.len) == 0;
}

/* What is said of one exchange does not depend on the others in its partition. */
static void exchanges_do_not_meet(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(), last = seed + n_cases(150); seed < last; seed++) {
        struct candle_script s;
        struct fold_harness mixed;
        struct fold_harness alone;
        candle_script_make(&s, seed, LONG_SCRIPT, SCRIPT_WILD);
        s.options.max_windows = candle_case_defaults.max_windows; /* the limit is one for all */
        const struct slice exchange = exchange_of(&s.items[s.n - 1].record);
        run_whole(&mixed, &s);
        open_fold(&alone, &s);
        for (size_t i = 0; i < s.n; i++)
            if (slice_eq(exchange_of(&s.items[i].record), exchange))
                fold_harness_apply_at(&alone, (int64_t)i, &s.items[i].record);
        size_t k = 0;
        for (size_t i = 0; i < mixed.n_said; i++) {
            if (mixed.said[i].refusal || !says_of(&mixed, i, exchange))
                continue;
            while (k < alone.n_said && alone.said[k].refusal)
                k++;
            if (k == alone.n_said ||
                !slice_eq(fold_harness_value(&mixed, i), fold_harness_value(&alone, k++)))
                fail_msg("seed %llu: output %zu differs", (unsigned long long)seed, i);
        }
        while (k < alone.n_said && alone.said[k].refusal)
            k++;
        assert_int_equal(k, alone.n_said);
        fold_harness_finish(&mixed);
        fold_harness_finish(&alone);
        candle_script_finish(&s);
    }
}

/* --- shuffled input -------------------------------------------------------------------------- */

/* An order in which no record stands more than most_us of receive time from its place. */
static void shuffle(const struct candle_script *s, uint64_t random, int64_t most_us,
                    const struct record **ret_order)
{
    int64_t *place_us = calloc(s->n, sizeof(*place_us));
    assert_non_null(place_us);
    for (size_t i = 0; i < s->n; i++) {
        const struct record *r = &s->items[i].record;
        int64_t at_us =
            r->type == RECORD_TRADE ? r->trade.receive_time_us : r->tick.receive_time_us;
        at_us += (int64_t)candle_script_below(&random, (uint64_t)most_us + 1);
        size_t k = i;
        for (; k > 0 && place_us[k - 1] > at_us; k--) {
            place_us[k] = place_us[k - 1];
            ret_order[k] = ret_order[k - 1];
        }
        place_us[k] = at_us;
        ret_order[k] = r;
    }
    free(place_us);
}

/* The last candle of the same key, without lineage, revision and reason, as bytes. */
static void last_content(const struct fold_harness *h, struct slice key, struct strbuf *out)
{
    for (size_t i = h->n_said; i > 0; i--) {
        if (h->said[i - 1].refusal || !slice_eq(fold_harness_key(h, i - 1), key))
            continue;
        struct record r;
        fold_harness_decode(h, i - 1, &r);
        r.candle.partition = 0;
        r.candle.first_offset = r.candle.last_offset = 0;
        r.candle.revision = 0;
        r.candle.has_reason = false;
        assert_int_equal(record_encode(&r, out, NULL), 0);
        return;
    }
}

static void expect_same_content(const struct fold_harness *a, const struct fold_harness *b,
                                uint64_t seed)
{
    for (size_t i = 0; i < a->n_said; i++) {
        struct strbuf x = STRBUF_INIT(RECORD_MAX_BYTES);
        struct strbuf y = STRBUF_INIT(RECORD_MAX_BYTES);
        last_content(a, fold_harness_key(a, i), &x);
        last_content(b, fold_harness_key(a, i), &y);
        if (x.len == 0 || !slice_eq(strbuf_slice(&x), strbuf_slice(&y)))
            fail_msg("seed %llu: other content of %.*s", (unsigned long long)seed,
                     SLICE_ARG(fold_harness_key(a, i)));
        strbuf_finish(&x);
        strbuf_finish(&y);
    }
}

/* Within the grace no trade becomes late; within the time that windows are kept, none is lost. */
static void shuffled_input_gives_the_same_content(void **state)
{
    (void)state;
    int64_t late = 0;
    for (uint64_t seed = first_seed(), last = seed + n_cases(150); seed < last; seed++) {
        bool in_grace = seed % 2;
        struct candle_script s;
        struct fold_harness straight;
        struct fold_harness shuffled;
        candle_script_make(&s, seed, LONG_SCRIPT, SCRIPT_TIMELY);
        const struct record **order = calloc(s.n, sizeof(struct record *));
        assert_non_null(order);
        shuffle(&s, seed, in_grace ? MS(900) : MS(40000), order);
        run_whole(&straight, &s);
        open_fold(&shuffled, &s);
        for (size_t i = 0; i < s.n; i++)
            fold_harness_apply(&shuffled, order[i]);
        free(order);
        assert_int_equal(straight.counts[CANDLE_LATE], 0);
        assert_int_equal(shuffled.counts[CANDLE_TOO_LATE], 0);
        if (in_grace)
            assert_int_equal(shuffled.counts[CANDLE_LATE], 0);
        late += shuffled.counts[CANDLE_LATE];
        expect_same_content(&straight, &shuffled, seed);
        expect_same_content(&shuffled, &straight, seed);
        fold_harness_finish(&straight);
        fold_harness_finish(&shuffled);
        candle_script_finish(&s);
    }
    assert_true(late > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_said_is_what_the_model_says),
        cmocka_unit_test(any_cut_goes_unnoticed),
        cmocka_unit_test(many_cuts_go_unnoticed),
        cmocka_unit_test(exchanges_do_not_meet),
        cmocka_unit_test(shuffled_input_gives_the_same_content),
    };
    return cmocka_run_group_tests_name("candle_laws", tests, NULL, NULL);
}
