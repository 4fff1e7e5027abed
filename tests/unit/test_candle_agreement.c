/* The candle fold and its model say the same of the same random input. CW_TEST_SEED and
 * CW_TEST_CASES choose other and more of it; what fails says its seed. */
#include "candle_case.h"
#include "candle_model.h"
#include "candle_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONG_SCRIPT = 200, SHORT_SCRIPT = 24, SAID_MAX = 1 << 16 };

/* --- the model ------------------------------------------------------------------------------- */

/* Everything said from one output on, in the order of windows: of one window as it came. */
struct said_list {
    const struct fold_harness *h;
    size_t at[SAID_MAX];
    size_t n;
};

static int compare_said(const struct said_list *l, size_t i, size_t k)
{
    const struct fold_said *x = &l->h->said[i];
    const struct fold_said *y = &l->h->said[k];
    if (x->refusal != y->refusal || x->topic != y->topic)
        return x->refusal != y->refusal ? x->refusal - y->refusal : x->topic - y->topic;
    return slice_cmp(fold_harness_key(l->h, i), fold_harness_key(l->h, k));
}

static void merge(struct said_list *l, const size_t *from, size_t a, size_t middle, size_t b)
{
    for (size_t i = a, k = middle, to = a; to < b; to++)
        l->at[to] = k == b || (i < middle && compare_said(l, from[i], from[k]) <= 0) ? from[i++]
                                                                                     : from[k++];
}

/* A sort that leaves equal ones as they stand. */
static void list_said(struct said_list *l, const struct fold_harness *h, size_t before)
{
    static size_t copy[SAID_MAX];
    l->h = h;
    l->n = h->n_said - before;
    assert_true(l->n <= SAID_MAX);
    for (size_t i = 0; i < l->n; i++)
        l->at[i] = before + i;
    for (size_t width = 1; width < l->n; width *= 2) {
        memcpy(copy, l->at, l->n * sizeof(*copy));
        for (size_t a = 0; a < l->n; a += 2 * width) {
            size_t middle = a + width < l->n ? a + width : l->n;
            merge(l, copy, a, middle, a + 2 * width < l->n ? a + 2 * width : l->n);
        }
    }
}

static bool is_as_due(const struct said_list *said, const struct said_list *due, size_t i)
{
    size_t a = said->at[i];
    size_t b = due->at[i];
    if (said->h->said[a].refusal != due->h->said[b].refusal)
        return false;
    const struct slice x = fold_harness_value(said->h, a);
    const struct slice y = fold_harness_value(due->h, b);
    if (said->h->said[a].refusal)
        return memmem(x.data, x.len, y.data, y.len) != NULL;
    return said->h->said[a].topic == due->h->said[b].topic && slice_eq(x, y) &&
           slice_eq(fold_harness_key(said->h, a), fold_harness_key(due->h, b));
}

static void print_said(const char *who, const struct said_list *l, size_t i)
{
    struct strbuf text = STRBUF_INIT(8000);
    struct record r;
    if (i == l->n) {
        assert_int_equal(strbuf_adds(&text, "nothing"), 0);
    } else if (l->h->said[l->at[i]].refusal) {
        const struct slice why = fold_harness_value(l->h, l->at[i]);
        assert_int_equal(strbuf_addf(&text, "refused: %.*s", SLICE_ARG(why)), 0);
    } else {
        fold_harness_decode(l->h, l->at[i], &r);
        assert_int_equal(record_json(&r, &text, NULL), 0);
    }
    print_error("%s: %s\n", who, text.data);
    strbuf_finish(&text);
}

static void expect_as_due(const struct fold_harness *fold, size_t fold_before,
                          const struct fold_harness *model, size_t model_before, const char *label)
{
    static struct said_list said;
    static struct said_list due;
    list_said(&said, fold, fold_before);
    list_said(&due, model, model_before);
    size_t i = 0;
    while (i < said.n && i < due.n && is_as_due(&said, &due, i))
        i++;
    if (i < said.n || i < due.n) {
        print_said("the fold", &said, i);
        print_said("the model", &due, i);
        fail_msg("%s, offset %lld", label, (long long)fold->next_offset - 1);
    }
    for (int k = 0; k < CANDLE_COUNTERS; k++)
        if (fold->counts[k] != model->counts[k])
            fail_msg("%s, offset %lld: counter %d is %lld, in the model %lld", label,
                     (long long)fold->next_offset - 1, k, (long long)fold->counts[k],
                     (long long)model->counts[k]);
}

/* How often each thing came about. */
struct tally {
    int64_t counts[CANDLE_COUNTERS];
    int64_t coverage[COVERAGE_COUNT];
    int64_t reasons[REVISION_REASON_COUNT];
    int64_t intervals[INTERVALS];
    int64_t records;
    int64_t inputs;
};

static void add_to_tally(struct tally *t, const struct fold_harness *h)
{
    for (int k = 0; k < CANDLE_COUNTERS; k++)
        t->counts[k] += h->counts[k];
    t->inputs += h->next_offset;
    for (size_t i = 0; i < h->n_said; i++) {
        struct record r;
        if (h->said[i].refusal)
            continue;
        fold_harness_decode(h, i, &r);
        t->records++;
        t->coverage[r.candle.coverage]++;
        t->intervals[h->said[i].topic]++;
        if (r.candle.has_reason)
            t->reasons[r.candle.reason]++;
    }
}

/* Where something hardly ever comes about, little is proved. */
static void expect_all_kinds(const struct tally *t)
{
    for (int k = 0; k < CANDLE_UNMADE; k++) /* which windows find no room is told by no document */
        if (t->counts[k] < 20)
            fail_msg("counter %d: only %lld of %lld inputs", k, (long long)t->counts[k],
                     (long long)t->inputs);
    for (int k = 0; k < COVERAGE_COUNT; k++)
        if (t->coverage[k] < 20)
            fail_msg("%s: only %lld of %lld records", coverage_name((enum coverage)k),
                     (long long)t->coverage[k], (long long)t->records);
    for (int k = REVISION_REASON_LATE; k < REVISION_REASON_COUNT; k++)
        if (t->reasons[k] < 20)
            fail_msg("%s: only %lld of %lld records", revision_reason_name((enum revision_reason)k),
                     (long long)t->reasons[k], (long long)t->records);
    for (int k = 0; k < INTERVALS; k++)
        if (t->intervals[k] < 20)
            fail_msg("%s: only %lld of %lld records", intervals[k].name, (long long)t->intervals[k],
                     (long long)t->records);
}

/* Whether a window without a trade was told of. */
static bool made_empty(const struct fold_harness *h, size_t before)
{
    for (size_t i = before; i < h->n_said; i++) {
        struct record r;
        if (h->said[i].refusal)
            continue;
        fold_harness_decode(h, i, &r);
        if (r.candle.trades == 0)
            return true;
    }
    return false;
}

static void run_with_model(uint64_t seed, size_t n, enum candle_script_style style,
                           struct tally *tally)
{
    struct candle_script s;
    struct fold_harness fold;
    struct fold_harness model;
    char label[40];
    (void)snprintf(label, sizeof(label), "seed %llu", (unsigned long long)seed);
    candle_script_make(&s, seed, n, style);
    fold_harness_init(&fold, &candle_fold, &s.options, CANDLE_CASE_PARTITION);
    fold_harness_init(&model, &candle_model_fold, &s.options, CANDLE_CASE_PARTITION);
    for (size_t i = 0; i < s.n; i++) {
        size_t fold_before = fold.n_said;
        size_t model_before = model.n_said;
        fold_harness_apply(&fold, &s.items[i].record);
        fold_harness_apply(&model, &s.items[i].record);
        if (style == SCRIPT_TIGHT && made_empty(&fold, fold_before) &&
            made_empty(&model, model_before))
            break; /* which of several windows there is room for is nobody's promise */
        expect_as_due(&fold, fold_before, &model, model_before, label);
    }
    add_to_tally(tally, &fold);
    fold_harness_finish(&fold);
    fold_harness_finish(&model);
    candle_script_finish(&s);
}

/* Every candle, refusal, count and silence is what the simple model says. */
static void all_that_is_said_is_what_the_model_says(void **state)
{
    (void)state;
    static const enum candle_script_style styles[] = {SCRIPT_WILD, SCRIPT_WILD, SCRIPT_TIGHT,
                                                      SCRIPT_WILD, SCRIPT_TIMELY};
    struct tally tally = {0};
    for (uint64_t seed = candle_script_first_seed(), last = seed + candle_script_cases(600);
         seed < last; seed++)
        run_with_model(seed, 10 + seed % LONG_SCRIPT, styles[seed % 5], &tally);
    if (tally.inputs >= 10000)
        expect_all_kinds(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_said_is_what_the_model_says),
    };
    return cmocka_run_group_tests_name("candle_agreement", tests, NULL, NULL);
}
