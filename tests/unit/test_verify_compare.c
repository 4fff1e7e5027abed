/* Two streams of records: where they differ first, and in what. */
#include "compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORDS_MAX = 4 };

/* A record in short: key, value, the headers input and config. NULL: there is none. */
struct short_record {
    const char *key;
    const char *value;
    const char *input;
    const char *config;
};

struct script {
    const struct short_record *records; /* ended by one that says nothing */
    size_t at;
};

static int next(void *ctx, struct item *ret, struct err *e)
{
    (void)e;
    struct script *s = ctx;
    const struct short_record *r = &s->records[s->at];
    if (!r->key && !r->value && !r->input)
        return 0;
    *ret = (struct item){.offset = (int64_t)s->at++ * 3,
                         .key = slice_of(r->key ? r->key : ""),
                         .has_key = r->key != NULL,
                         .value = slice_of(r->value ? r->value : ""),
                         .tombstone = !r->value};
    if (r->input)
        ret->headers[ret->n_headers++] =
            (struct item_header){slice_of("input"), slice_of(r->input), false};
    if (r->config)
        ret->headers[ret->n_headers++] =
            (struct item_header){slice_of("config"), slice_of(r->config), false};
    return 1;
}

/* "!…" is no record; else the value is a tick of that exchange: "+" in front stands for another
 * framing of the same. */
static int decode(void *ctx, struct slice value, struct record *ret, struct err *e)
{
    (void)ctx;
    (void)e;
    if (value.len > 0 && value.data[0] == '!')
        return 1;
    if (value.len > 0 && value.data[0] == '+')
        value = slice_make(value.data + 1, value.len - 1);
    *ret = (struct record){.type = RECORD_TICK};
    ret->tick.exchange = value;
    ret->tick.receive_time_us = (int64_t)value.len;
    return 0;
}

struct expected {
    const char *name;
    struct short_record a[RECORDS_MAX];
    struct short_record b[RECORDS_MAX];
    enum compare_verdict verdict;
    int64_t equal;
    const char *what; /* of COMPARE_DIFFERENT */
    const char *ignored;
};

static const struct expected cases[] = {
    {"nothing on both sides", {{0}}, {{0}}, COMPARE_EQUAL, 0, NULL, ""},
    {"equal",
     {{"k", "a", "1", "c"}, {"k", "b", "2", "c"}},
     {{"k", "a", "1", "c"}, {"k", "b", "2", "c"}},
     COMPARE_EQUAL,
     2,
     NULL,
     ""},
    {"a is shorter",
     {{"k", "a", "1", 0}},
     {{"k", "a", "1", 0}, {"k", "b", "2", 0}},
     COMPARE_A_ENDS,
     1,
     NULL,
     ""},
    {"b is shorter",
     {{"k", "a", "1", 0}, {"k", "b", "2", 0}},
     {{"k", "a", "1", 0}},
     COMPARE_B_ENDS,
     1,
     NULL,
     ""},
    {"another key", {{"k", "a", 0, 0}}, {{"l", "a", 0, 0}}, COMPARE_DIFFERENT, 0, "key", ""},
    {"no key, and an empty one",
     {{0, "a", 0, 0}},
     {{"", "a", 0, 0}},
     COMPARE_DIFFERENT,
     0,
     "key",
     ""},
    {"another value",
     {{"k", "a", 0, 0}, {"k", "bb", 0, 0}},
     {{"k", "a", 0, 0}, {"k", "b", 0, 0}},
     COMPARE_DIFFERENT,
     1,
     "value (exchange, receive_time)",
     ""},
    {"the same in another framing",
     {{"k", "+a", 0, 0}},
     {{"k", "a", 0, 0}},
     COMPARE_EQUAL,
     1,
     NULL,
     ""},
    {"both no records, other bytes",
     {{"k", "!a", 0, 0}},
     {{"k", "!b", 0, 0}},
     COMPARE_DIFFERENT,
     0,
     "value",
     ""},
    {"both no records, the same bytes",
     {{"k", "!a", 0, 0}},
     {{"k", "!a", 0, 0}},
     COMPARE_EQUAL,
     1,
     NULL,
     ""},
    {"one is a record", {{"k", "a", 0, 0}}, {{"k", "!a", 0, 0}}, COMPARE_DIFFERENT, 0, "value", ""},
    {"one is a tombstone",
     {{"k", "a", 0, 0}},
     {{"k", NULL, 0, 0}},
     COMPARE_DIFFERENT,
     0,
     "value (one is a tombstone)",
     ""},
    {"a tombstone is not an empty value",
     {{"k", "", 0, 0}},
     {{"k", NULL, 0, 0}},
     COMPARE_DIFFERENT,
     0,
     "value (one is a tombstone)",
     ""},
    {"another header",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "2", "c"}},
     COMPARE_DIFFERENT,
     0,
     "header input",
     ""},
    {"two other headers",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "2", "d"}},
     COMPARE_DIFFERENT,
     0,
     "header input, header config",
     ""},
    {"a header less",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "1", 0}},
     COMPARE_DIFFERENT,
     0,
     "header config",
     ""},
    {"a header that does not count",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "1", "d"}},
     COMPARE_EQUAL,
     1,
     NULL,
     "config"},
    {"none of those that do not count is there",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "1", 0}},
     COMPARE_EQUAL,
     1,
     NULL,
     "none,config"},
    {"one that counts beside one that does not",
     {{"k", "a", "1", "c"}},
     {{"k", "a", "2", "d"}},
     COMPARE_DIFFERENT,
     0,
     "header input",
     "config"},
    {"in another order",
     {{"k", "a", "1", 0}, {"l", "b", "2", 0}},
     {{"l", "b", "2", 0}, {"k", "a", "1", 0}},
     COMPARE_DIFFERENT,
     0,
     "key, value (exchange), header input",
     ""},
    {"everything at once",
     {{"k", "a", "1", 0}},
     {{"l", "bb", "2", 0}},
     COMPARE_DIFFERENT,
     0,
     "key, value (exchange, receive_time), header input",
     ""},
};

static void differences_are_found_where_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct expected *x = &cases[i];
        struct script a = {x->a, 0};
        struct script b = {x->b, 0};
        const struct compare_stream sa = {&a, next, decode};
        const struct compare_stream sb = {&b, next, decode};
        struct compare_result got;
        struct err e = {0};
        struct compare *c = compare_create(x->ignored, &e);
        assert_non_null(c);
        assert_int_equal(compare_run(c, &sa, &sb, &got, &e), 0);
        if (got.verdict != x->verdict || got.equal != x->equal ||
            (x->what && strcmp(compare_what(c), x->what) != 0))
            fail_msg("%s: verdict %d after %lld, \"%s\"", x->name, (int)got.verdict,
                     (long long)got.equal, compare_what(c));
        if (x->verdict == COMPARE_DIFFERENT)
            assert_int_equal(got.a.offset, x->equal * 3);
        compare_destroy(c);
    }
}

static int no_more_memory(void *ctx, struct item *ret, struct err *e)
{
    (void)ctx;
    (void)ret;
    return err_set(e, ERR_NOMEM, "no more memory");
}

static int nobody_to_ask(void *ctx, struct slice value, struct record *ret, struct err *e)
{
    (void)ctx;
    (void)value;
    (void)ret;
    return err_set(e, ERR_STOPPED, "stopped");
}

static void errors_of_the_streams_are_no_differences(void **state)
{
    (void)state;
    const struct short_record one[] = {{"k", "a", 0, 0}, {0}};
    const struct short_record two[] = {{"k", "b", 0, 0}, {0}};
    struct script a = {one, 0};
    struct script b = {two, 0};
    const struct compare_stream good = {&a, next, decode};
    const struct compare_stream bad = {NULL, no_more_memory, decode};
    const struct compare_stream silent = {&b, next, nobody_to_ask};
    struct compare_result got;
    struct err e = {0};
    struct compare *c = compare_create("", &e);
    assert_non_null(c);
    assert_int_equal(compare_run(c, &good, &bad, &got, &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
    a.at = 0;
    assert_int_equal(compare_run(c, &good, &silent, &got, &e), -1);
    assert_int_equal(e.code, ERR_STOPPED);
    compare_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_found_where_they_are),
        cmocka_unit_test(errors_of_the_streams_are_no_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
