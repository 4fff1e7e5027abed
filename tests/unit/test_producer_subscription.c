/* When a connection is subscribed, and what it does without. */
#include "subscription.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What happened, a word each: S a request was sent, L the last one, R a request is acknowledged,
 * a0 symbol 0 is, r1 symbol 1 is refused, T time is up, X a new connection. Three symbols. */
static const struct {
    const char *name;
    bool by_symbol;
    const char *happened;
    enum subscription_verdict verdict;
    const char *acked;
} cases[] = {
    {"nothing sent", false, "", SUBSCRIPTION_WAITS, "000"},
    {"no answer yet", false, "L", SUBSCRIPTION_WAITS, "000"},
    {"acknowledged", false, "L R", SUBSCRIPTION_DONE, "111"},
    {"one of two requests", false, "S L R", SUBSCRIPTION_WAITS, "000"},
    {"both requests", false, "S R L R", SUBSCRIPTION_DONE, "111"},
    {"acknowledged before all is sent", false, "S R", SUBSCRIPTION_WAITS, "000"},
    {"an answer too many is none", false, "S R R L", SUBSCRIPTION_WAITS, "000"},
    {"no answer in time", false, "S L R T", SUBSCRIPTION_FAILED, "000"},
    {"a new connection begins anew", false, "L R X L", SUBSCRIPTION_WAITS, "000"},
    {"each symbol", true, "L a0 a1 a2", SUBSCRIPTION_DONE, "111"},
    {"before the last request", true, "S a0 a1 a2", SUBSCRIPTION_WAITS, "111"},
    {"requests do not count", true, "L R", SUBSCRIPTION_WAITS, "000"},
    {"one is open", true, "L a0 a1", SUBSCRIPTION_WAITS, "110"},
    {"one is not answered in time", true, "L a0 a1 T", SUBSCRIPTION_DONE, "110"},
    {"one is refused", true, "L a0 r1 a2", SUBSCRIPTION_DONE, "101"},
    {"refused twice counts once", true, "L a0 r1 r1", SUBSCRIPTION_WAITS, "100"},
    {"acknowledged twice counts once", true, "L a0 a0 a1", SUBSCRIPTION_WAITS, "110"},
    {"refused, then its data comes", true, "L a0 r1 a1 a2", SUBSCRIPTION_DONE, "111"},
    {"refused after it was acknowledged", true, "L a0 r0 a1 a2", SUBSCRIPTION_DONE, "111"},
    {"all are refused", true, "L r0 r1 r2", SUBSCRIPTION_FAILED, "000"},
    {"none is answered in time", true, "L T", SUBSCRIPTION_FAILED, "000"},
    {"time is up before all is sent", true, "S a0 T", SUBSCRIPTION_FAILED, "100"},
    {"refused before the cut, not after it", true, "L r0 a1 a2 X L a0 a1 a2", SUBSCRIPTION_DONE,
     "111"},
};

static bool happens(struct subscription *s, const char *p)
{
    bool timed_out = false;
    for (; *p; p++) {
        if (*p == 'S' || *p == 'L')
            subscription_sent(s, *p == 'L');
        else if (*p == 'R')
            subscription_answered(s);
        else if (*p == 'a')
            (void)subscription_ack(s, (size_t)(*++p - '0'));
        else if (*p == 'r')
            (void)subscription_refuse(s, (size_t)(*++p - '0'));
        else if (*p == 'X')
            subscription_reset(s);
        timed_out = timed_out || *p == 'T';
    }
    return timed_out;
}

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct subscription s;
        struct err e = {0};
        char acked[4] = "";
        assert_int_equal(subscription_init(&s, 3, cases[i].by_symbol, &e), 0);
        bool timed_out = happens(&s, cases[i].happened);
        enum subscription_verdict is = subscription_verdict(&s, timed_out);
        size_t n = 0;
        for (size_t k = 0; k < 3; k++) {
            acked[k] = s.acked[k] ? '1' : '0';
            n += s.acked[k] != 0;
        }
        if (is != cases[i].verdict || strcmp(acked, cases[i].acked) != 0 || n != s.n_acked)
            fail_msg("%s: verdict %d, acknowledged %s", cases[i].name, (int)is, acked);
        subscription_finish(&s);
    }
}

static void what_is_news(void **state)
{
    (void)state;
    struct subscription s;
    struct err e = {0};
    assert_int_equal(subscription_init(&s, 2, true, &e), 0);
    assert_true(subscription_refuse(&s, 0));
    assert_false(subscription_refuse(&s, 0));
    assert_true(subscription_ack(&s, 0));
    assert_false(subscription_ack(&s, 0));
    assert_false(subscription_refuse(&s, 0));
    assert_int_equal(s.n_refused, 0);
    assert_true(slice_eq(subscription_acked(&s), slice_make("\1\0", 2)));
    subscription_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts), cmocka_unit_test(what_is_news)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
