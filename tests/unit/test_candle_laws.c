/* Laws of the candle fold, over random input. CW_TEST_SEED and CW_TEST_CASES choose other and more
 * of it; what fails says its seed. */
#include "candle_case.h"
#include "candle_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IMAGE_LIMIT = 1 << 24, LONG_SCRIPT = 200, SHORT_SCRIPT = 24, MINUTE = 1 };

static void open_fold(struct fold_harness *h, const struct candle_script *s)
{
    fold_harness_init(h, &candle_fold, &s->options, CANDLE_CASE_PARTITION);
}

/* --- cuts ------------------------------------------------------------------------------------ */

static void expect_same(struct fold_harness *whole, struct fold_harness *cut, uint64_t seed,
                        size_t at)
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
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(150);
         seed < last; seed++) {
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
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(150);
         seed < last; seed++) {
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

static bool says_of(const struct fold_harness *h, size_t i, struct slice exchange)
{
    struct slice key = fold_harness_key(h, i);
    return key.len > exchange.len && memcmp(key.data, exchange.data, exchange.len) == 0;
}

/* What is said of one exchange does not depend on the others in its partition. */
static void exchanges_do_not_meet(void **state)
{
    (void)state;
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(150);
         seed < last; seed++) {
        struct candle_script s;
        struct fold_harness mixed;
        struct fold_harness alone;
        candle_script_make(&s, seed, LONG_SCRIPT, SCRIPT_WILD);
        s.options.max_windows = candle_case_defaults.max_windows; /* the limit is one for all */
        const struct slice exchange = candle_script_exchange(&s.items[s.n - 1].record);
        run_whole(&mixed, &s);
        open_fold(&alone, &s);
        for (size_t i = 0; i < s.n; i++)
            if (slice_eq(candle_script_exchange(&s.items[i].record), exchange))
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

/* An order in which trades come up to most_us of receive time later; the rest stays in place. */
static void shuffle(const struct candle_script *s, uint64_t random, int64_t most_us,
                    const struct record **ret_order)
{
    int64_t *place_us = calloc(s->n, sizeof(*place_us));
    assert_non_null(place_us);
    for (size_t i = 0; i < s->n; i++) {
        const struct record *r = &s->items[i].record;
        int64_t at_us = candle_script_receive_us(r);
        if (r->type == RECORD_TRADE)
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

/* The last final candle of the same topic and key, without lineage, revision and reason, as bytes;
 * none where nothing is said any more than by silence. */
static void last_content(const struct fold_harness *h, int topic, struct slice key,
                         struct strbuf *out)
{
    for (size_t i = h->n_said; i > 0; i--) {
        if (h->said[i - 1].refusal || h->said[i - 1].topic != topic ||
            !slice_eq(fold_harness_key(h, i - 1), key))
            continue;
        struct record r;
        fold_harness_decode(h, i - 1, &r);
        if (r.candle.status == CANDLE_STATUS_PROVISIONAL ||
            (r.candle.trades == 0 && r.candle.coverage == COVERAGE_QUIET))
            return;
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
        last_content(a, a->said[i].topic, fold_harness_key(a, i), &x);
        last_content(b, a->said[i].topic, fold_harness_key(a, i), &y);
        if (!slice_eq(strbuf_slice(&x), strbuf_slice(&y)))
            fail_msg("seed %llu: other content of %s %.*s", (unsigned long long)seed,
                     intervals[a->said[i].topic].name, SLICE_ARG(fold_harness_key(a, i)));
        strbuf_finish(&x);
        strbuf_finish(&y);
    }
}

/* Within the grace no trade becomes late; within the time that windows are kept, none is lost. */
static void shuffled_input_gives_the_same_content(void **state)
{
    (void)state;
    int64_t late = 0;
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(150);
         seed < last; seed++) {
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
    assert_true(late > 0 || candle_script_cases(150) < 150);
}

/* --- sums and revisions ---------------------------------------------------------------------- */

/* The last record of each window of one exchange and symbol, for sums. */
struct last_candle {
    struct slice key;
    int topic;
    struct candle candle;
};

struct last_candles {
    struct last_candle *items;
    size_t n;
};

static void keep_last(struct last_candles *l, const struct fold_harness *h, size_t i, uint64_t seed)
{
    struct record r;
    struct last_candle mine = {fold_harness_key(h, i), h->said[i].topic, {{0}}};
    size_t k = 0;
    fold_harness_decode(h, i, &r);
    mine.candle = r.candle;
    while (k < l->n && !(l->items[k].topic == mine.topic && slice_eq(l->items[k].key, mine.key)))
        k++;
    int32_t before = k < l->n ? l->items[k].candle.revision : 0;
    int32_t due = r.candle.status == CANDLE_STATUS_PROVISIONAL ? 0 : before + 1;
    if (r.candle.revision != due || (due == 0 && before > 0))
        fail_msg("seed %llu, output %zu: revision %d of %s %.*s behind %d",
                 (unsigned long long)seed, i, r.candle.revision, intervals[mine.topic].name,
                 SLICE_ARG(mine.key), before);
    l->n += k == l->n;
    l->items[k] = mine;
}

static bool is_within(const struct candle *inner, const struct candle *outer)
{
    return slice_eq(inner->exchange, outer->exchange) && slice_eq(inner->symbol, outer->symbol) &&
           inner->open_time_us >= outer->open_time_us &&
           inner->close_time_us <= outer->close_time_us;
}

static void expect_sums(const struct last_candles *l, uint64_t seed)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct candle *c = &l->items[i].candle;
        struct candle sum = {0};
        if (l->items[i].topic <= MINUTE)
            continue;
        for (size_t k = 0; k < l->n; k++) {
            const struct candle *part = &l->items[k].candle;
            if (l->items[k].topic != MINUTE || !is_within(part, c))
                continue;
            sum.volume.e18 += part->volume.e18;
            sum.quote_volume.e18 += part->quote_volume.e18;
            sum.buy_volume.e18 += part->buy_volume.e18;
            sum.trades += part->trades;
        }
        if (decimal_cmp(sum.volume, c->volume) != 0 ||
            decimal_cmp(sum.quote_volume, c->quote_volume) != 0 ||
            decimal_cmp(sum.buy_volume, c->buy_volume) != 0 || sum.trades != c->trades)
            fail_msg("seed %llu: %s %.*s is not the sum of its minutes", (unsigned long long)seed,
                     intervals[l->items[i].topic].name, SLICE_ARG(l->items[i].key));
    }
}

/* The ticks at the end tell what still waited. A window that left at the limit, or by time, has
 * told its all before. */
static void minutes_add_up_and_revisions_count_up(void **state)
{
    (void)state;
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(150);
         seed < last; seed++) {
        struct candle_script s;
        struct fold_harness h;
        candle_script_make(&s, seed, LONG_SCRIPT, seed % 3 ? SCRIPT_WILD : SCRIPT_TIGHT);
        run_whole(&h, &s);
        struct last_candles l = {calloc(h.n_said + 1, sizeof(*l.items)), 0};
        assert_non_null(l.items);
        for (size_t i = 0; i < h.n_said; i++)
            if (!h.said[i].refusal)
                keep_last(&l, &h, i, seed);
        expect_sums(&l, seed);
        free(l.items);
        fold_harness_finish(&h);
        candle_script_finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_add_up_and_revisions_count_up),
        cmocka_unit_test(any_cut_goes_unnoticed),
        cmocka_unit_test(many_cuts_go_unnoticed),
        cmocka_unit_test(exchanges_do_not_meet),
        cmocka_unit_test(shuffled_input_gives_the_same_content),
    };
    return cmocka_run_group_tests_name("candle_laws", tests, NULL, NULL);
}
