/* From the target of a request to checked parameters. */
#include "params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- targets --------------------------------------------------------------------------------- */

/* parts: the segments, then name=value of each parameter, each followed by "|". */
static const struct {
    const char *url;
    enum err_code code;
    const char *parts;
} targets[] = {
    {"/", ERR_NONE, ""},
    {"", ERR_NONE, ""},
    {"*", ERR_NONE, "*|"},
    {"/v1/candles/binance/BTC-USDT", ERR_NONE, "v1|candles|binance|BTC-USDT|"},
    {"//v1///symbols//", ERR_NONE, "v1|symbols|"},
    {"/a%2Fb/%63?x", ERR_NONE, "a/b|c|x=|"},
    {"/v1?a=1&b=2", ERR_NONE, "v1|a=1|b=2|"},
    {"/v1?", ERR_NONE, "v1|"},
    {"?&&a&=b&", ERR_NONE, "a=|=b|"},
    {"/?a=b=c", ERR_NONE, "a=b=c|"},
    {"/?t=2026-11-21T10:00:00+02:00", ERR_NONE, "t=2026-11-21T10:00:00+02:00|"},
    {"/?t=2026-11-21T10:00:00%2b02:00", ERR_NONE, "t=2026-11-21T10:00:00+02:00|"},
    {"/?a=x?y/z", ERR_NONE, "a=x?y/z|"},
    {"/%E5%B8%81", ERR_NONE, "\xe5\xb8\x81|"},
    {"/1/2/3/4/5/6/7/8", ERR_NONE, "1|2|3|4|5|6|7|8|"},
    {"/1/2/3/4/5/6/7/8/9", ERR_LIMIT, ""},
    {"/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g", ERR_NONE,
     "1=|2=|3=|4=|5=|6=|7=|8=|9=|a=|b=|c=|d=|e=|f=|g=|"},
    {"/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h", ERR_LIMIT, ""},
    {"/%", ERR_PROTO, ""},
    {"/%4", ERR_PROTO, ""},
    {"/%4?1", ERR_PROTO, ""},
    {"/%g0", ERR_PROTO, ""},
    {"/%-1", ERR_PROTO, ""},
    {"/%00", ERR_PROTO, ""},
    {"/?a=%00", ERR_PROTO, ""},
    {"/?%=1", ERR_PROTO, ""},
    {"/%ff", ERR_PROTO, ""},
    {"/\xc3", ERR_PROTO, ""},
    {"/%c3/%a9", ERR_PROTO, ""}, /* a letter is not put together from two parts */
    {"/%ed%a0%80", ERR_PROTO, ""},
};

static void test_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(targets); i++) {
        struct target t;
        struct err e = {0};
        char parts[256] = "";
        size_t len = 0;
        int r = target_parse(targets[i].url, &t, &e);
        assert_int_equal(r, targets[i].code == ERR_NONE ? 0 : -1);
        assert_int_equal(e.code, targets[i].code);
        for (int k = 0; r == 0 && k < t.n_segments; k++)
            len += (size_t)snprintf(parts + len, sizeof(parts) - len, "%s|", t.segments[k]);
        for (int k = 0; r == 0 && k < t.n_params; k++)
            len += (size_t)snprintf(parts + len, sizeof(parts) - len, "%s=%s|", t.params[k].name,
                                    t.params[k].value);
        assert_string_equal(parts, targets[i].parts);
    }
}

static void test_target_length(void **state)
{
    (void)state;
    static const char fills[] = {'a', '/', '&', '=', '%'};
    char url[TARGET_MAX + 2];
    struct target t;
    for (size_t f = 0; f < N(fills); f++) {
        memset(url, fills[f], sizeof(url));
        url[0] = fills[f] == '&' || fills[f] == '=' ? '?' : '/';
        url[TARGET_MAX + 1] = '\0';
        struct err e = {0};
        assert_int_equal(target_parse(url, &t, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        url[TARGET_MAX] = '\0';
        assert_int_equal(target_parse(url, &t, &e), fills[f] == '%' ? -1 : 0);
    }
}

/* No byte sequence overruns anything: the sanitizers watch. */
static void test_target_hostile(void **state)
{
    (void)state;
    static const char bytes[] = "/?&=%a0f+\xc3\xa9\xff";
    char url[64];
    unsigned seed = 1;
    for (int i = 0; i < 200000; i++) {
        size_t len = (size_t)(i % 63);
        for (size_t k = 0; k < len; k++) {
            seed = seed * 1103515245u + 12345u;
            url[k] = bytes[seed / 65536 % (sizeof(bytes) - 1)];
        }
        url[len] = '\0';
        struct target t;
        struct err e = {0};
        if (target_parse(url, &t, &e) == 0)
            assert_true(t.n_segments <= TARGET_SEGMENTS_MAX && t.n_params <= TARGET_PARAMS_MAX);
        else
            assert_true(e.code == ERR_PROTO || e.code == ERR_LIMIT);
    }
}

/* --- parameters ------------------------------------------------------------------------------ */

#define NONE_US INT64_MIN
#define END_US INT64_MAX

/* invalid: the names of the wrong ones, each followed by "|". */
static const struct {
    const char *query;
    const char *invalid;
    int64_t start_us;
    int64_t end_us;
    int limit;
    bool newest;
} pages[] = {
    {"", "", NONE_US, END_US, 500, true},
    {"?limit=1", "", NONE_US, END_US, 1, true},
    {"?limit=5000", "", NONE_US, END_US, 5000, true},
    {"?limit=0007", "", NONE_US, END_US, 7, true},
    {"?start=0", "", 0, END_US, 500, false},
    {"?end=1.5", "", NONE_US, 1500000, 500, true},
    {"?start=-1&end=1000", "", -1000000, 1000000000, 500, false},
    {"?start=1970-01-01T00:00:01Z&end=1970-01-01T00:00:01.000001Z", "", 1000000, 1000001, 500,
     false},
    {"?start=1970-01-01T02:00:00%2B02:00", "", 0, END_US, 500, false},
    {"?start=5&end=5", "", 5000000, 5000000, 500, false},
    {"?start=5&end=4", "", 5000000, 4000000, 500, false}, /* holds nothing */
    {"?limit=0", "limit|", 0, 0, 0, false},
    {"?limit=5001", "limit|", 0, 0, 0, false},
    {"?limit=-5", "limit|", 0, 0, 0, false},
    {"?limit=+5", "limit|", 0, 0, 0, false},
    {"?limit=5%20", "limit|", 0, 0, 0, false},
    {"?limit=0x10", "limit|", 0, 0, 0, false},
    {"?limit=18446744073709551617", "limit|", 0, 0, 0, false},
    {"?limit", "limit|", 0, 0, 0, false},
    {"?start=&end=", "start|end|", 0, 0, 0, false},
    {"?start=now", "start|", 0, 0, 0, false},
    {"?start=1e3&end=2E-1", "start|end|", 0, 0, 0, false},
    {"?start=+5&end=.5", "start|end|", 0, 0, 0, false},
    {"?start=5.&end=-", "start|end|", 0, 0, 0, false},
    {"?start=5.5.5&end=5%20", "start|end|", 0, 0, 0, false},
    {"?start=2026-02-29T00:00:00Z", "start|", 0, 0, 0, false},
    {"?start=999999999999", "start|", 0, 0, 0, false},
    {"?end=2026-11-21", "end|", 0, 0, 0, false},
    {"?cursor=", "cursor|", 0, 0, 0, false},
    {"?cursor=abc", "cursor|", 0, 0, 0, false},
    {"?cursor=MXwabcdefg", "cursor|", 0, 0, 0, false},
    {"?cursor=MXwabcdefgh", "", NONE_US, END_US, 500, false}, /* of no list, but of the form */
    {"?cursor=MXwabcdefgh=", "cursor|", 0, 0, 0, false},
    {"?limit=1&limit=2", "limit|", 0, 0, 0, false},
    {"?limit=1&limit=1", "limit|", 0, 0, 0, false},
    {"?Limit=1", "Limit|", 0, 0, 0, false},
    {"?=1", "|", 0, 0, 0, false},
    {"?a&b&limit=x&cursor=y", "a|b|limit|cursor|", 0, 0, 0, false},
};

static void invalid_names(const struct problem *p, char *ret, size_t size)
{
    size_t len = 0;
    ret[0] = '\0';
    for (int i = 0; i < p->n_invalid; i++)
        len += (size_t)snprintf(ret + len, size - len, "%s|", p->invalid[i].name);
}

static void test_page(void **state)
{
    (void)state;
    static const char *const allowed[] = {"start", "end", "limit", "cursor", NULL};
    for (size_t i = 0; i < N(pages); i++) {
        struct target t;
        struct page page;
        struct problem p = {0};
        struct err e = {0};
        char names[128];
        assert_int_equal(target_parse(pages[i].query, &t, &e), 0);
        params_check_names(&t, allowed, &p);
        params_page(&t, PAGE_LIMIT_DEFAULT, &page, &p);
        invalid_names(&p, names, sizeof(names));
        assert_string_equal(names, pages[i].invalid);
        assert_int_equal(p.kind, *names ? PROBLEM_INVALID_PARAMETERS : PROBLEM_NONE);
        if (*names)
            continue;
        assert_int_equal(page.start_us, pages[i].start_us);
        assert_int_equal(page.end_us, pages[i].end_us);
        assert_int_equal(page.limit, pages[i].limit);
        assert_int_equal(page_is_newest(&page), pages[i].newest);
    }
}

static void test_more_wrong_parameters_than_are_named(void **state)
{
    (void)state;
    static const char *const allowed[] = {NULL};
    struct target t;
    struct problem p = {0};
    struct err e = {0};
    assert_int_equal(target_parse("?1&2&3&4&5&6&7&8&9&10", &t, &e), 0);
    params_check_names(&t, allowed, &p);
    assert_int_equal(p.n_invalid, PROBLEM_INVALID_MAX);
    assert_string_equal(p.invalid[7].name, "8");
    assert_string_equal(p.invalid[7].reason, "no parameters here");
}

static void test_interval(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *interval; /* NULL: wrong */
    } cases[] = {
        {"", "1m"},
        {"?interval=1s", "1s"},
        {"?interval=1w", "1w"},
        {"?interval=", NULL},
        {"?interval=2m", NULL},
        {"?interval=1M", NULL},
        {"?interval=1m,5m", NULL},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct target t;
        struct problem p = {0};
        struct err e = {0};
        assert_int_equal(target_parse(cases[i].query, &t, &e), 0);
        const char *interval = params_interval(&t, params_intervals, &p);
        assert_int_equal(p.n_invalid, cases[i].interval ? 0 : 1);
        if (cases[i].interval)
            assert_string_equal(interval, cases[i].interval);
        else
            assert_string_equal(p.invalid[0].reason,
                                "one of 1s, 1m, 5m, 15m, 30m, 1h, 4h, 6h, 12h, 1d, 1w");
    }
}

static void test_word(void **state)
{
    (void)state;
    static const char *const words[] = {"open", "repaired", NULL};
    static const struct {
        const char *query;
        const char *word; /* NULL: wrong */
    } cases[] = {{"", ""},          {"?state=open", "open"}, {"?state=repaired", "repaired"},
                 {"?state=", NULL}, {"?state=Open", NULL},   {"?state", NULL},
                 {"?other=x", ""}};
    for (size_t i = 0; i < N(cases); i++) {
        struct target t;
        struct problem p = {0};
        struct err e = {0};
        assert_int_equal(target_parse(cases[i].query, &t, &e), 0);
        const char *word = params_word(&t, "state", words, "", &p);
        if (cases[i].word)
            assert_string_equal(word, cases[i].word);
        else
            assert_null(word);
        assert_int_equal(p.n_invalid, cases[i].word ? 0 : 1);
        if (!cases[i].word)
            assert_string_equal(p.invalid[0].reason, "one of open, repaired");
    }
}

static void test_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *text;
        bool good;
    } cases[] = {
        {"/", "", true},
        {"/?x=5", "5", true},
        {"/?x=-0.25", "-0.25", true},
        {"/?x=0", "0", true},
        {"/?x=-0", "-0", true},
        {"/?x=999999999.999999999", "999999999.999999999", true},
        {"/?x=1000000000", "", false},
        {"/?x=0.0000000001", "", false},
        {"/?x=", "", false},
        {"/?x=-", "", false},
        {"/?x=+5", "", false},
        {"/?x=.5", "", false},
        {"/?x=5.", "", false},
        {"/?x=1e3", "", false},
        {"/?x=1.2.3", "", false},
        {"/?x=NaN", "", false},
        {"/?x=%205", "", false},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct target t;
        struct err e = {0};
        struct problem p = {0};
        assert_int_equal(target_parse(cases[i].url, &t, &e), 0);
        assert_string_equal(params_decimal(&t, "x", &p), cases[i].text);
        assert_int_equal(p.kind, cases[i].good ? PROBLEM_NONE : PROBLEM_INVALID_PARAMETERS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_target_length),
        cmocka_unit_test(test_target_hostile),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_more_wrong_parameters_than_are_named),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_word),
        cmocka_unit_test(test_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
