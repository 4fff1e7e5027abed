/* Subscriptions of one connection. */
#include "binance.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct one {
    struct listing *listing;
    struct session *session;
};

static int setup(void **state)
{
    struct err e = {0};
    struct one *o = calloc(1, sizeof(*o));
    if (!o)
        return -1;
    o->listing = listing_create(3, &binance_dialect.listing, &e);
    o->session = o->listing ? session_create(o->listing, 4, &e) : NULL;
    *state = o;
    return o->session ? 0 : -1;
}

static int teardown(void **state)
{
    struct one *o = *state;
    session_destroy(o->session);
    listing_destroy(o->listing);
    free(o);
    return 0;
}

static int add(struct session *s, const char *name, uint32_t symbol, enum channel channel)
{
    struct err e = {0};
    return session_add(s, slice_of(name), symbol, channel, &e);
}

static void wants_what_was_asked_for(void **state)
{
    const struct one *o = *state;
    struct session *s = o->session;
    assert_false(session_wants(s, 1, CHANNEL_TRADE));
    assert_int_equal(add(s, "b", 1, CHANNEL_TRADE), 0);
    assert_int_equal(add(s, "b", 1, CHANNEL_TRADE), 0); /* again */
    assert_int_equal(add(s, "silent", 0, CHANNEL_NONE), 0);
    assert_true(session_wants(s, 1, CHANNEL_TRADE));
    assert_false(session_wants(s, 0, CHANNEL_TRADE));
    assert_false(session_wants(s, 2, CHANNEL_TRADE));
    assert_int_equal(session_count(s), 2);
    assert_int_equal(session_live(s), 1);
    session_remove(s, slice_of("b"));
    session_remove(s, slice_of("b")); /* again */
    session_remove(s, slice_of("never"));
    assert_false(session_wants(s, 1, CHANNEL_TRADE));
    assert_int_equal(session_live(s), 0);
    assert_int_equal(session_count(s), 1);
    assert_true(slice_is(session_name(s, 0), "silent"));
}

static void keeps_the_order_of_names(void **state)
{
    const struct one *o = *state;
    static const char *const names[] = {"c", "a", "b"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(o->session, names[i], 0, CHANNEL_NONE), 0);
    session_remove(o->session, slice_of("a"));
    assert_true(slice_is(session_name(o->session, 0), "c"));
    assert_true(slice_is(session_name(o->session, 1), "b"));
}

static void has_its_limits(void **state)
{
    const struct one *o = *state;
    struct err e = {0};
    char name[SESSION_NAME_MAX + 1];
    memset(name, 'x', sizeof(name));
    struct slice too_long = slice_make(name, sizeof(name));
    assert_int_equal(session_add(o->session, too_long, 0, CHANNEL_NONE, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    struct slice longest = slice_make(name, SESSION_NAME_MAX);
    assert_int_equal(session_add(o->session, longest, 0, CHANNEL_NONE, &e), 0);
    assert_int_equal(add(o->session, "", 0, CHANNEL_NONE), 0);
    assert_int_equal(add(o->session, "c", 0, CHANNEL_NONE), 0);
    assert_int_equal(add(o->session, "d", 0, CHANNEL_NONE), 0);
    assert_int_equal(add(o->session, "e", 2, CHANNEL_TRADE), -1);
    assert_false(session_wants(o->session, 2, CHANNEL_TRADE));
    assert_int_equal(add(o->session, "d", 0, CHANNEL_NONE), 0); /* it is there already */
    session_destroy(NULL);
}

static void remembers_its_form(void **state)
{
    const struct one *o = *state;
    assert_int_equal(session_form(o->session), 0);
    session_set_form(o->session, 3);
    assert_int_equal(session_form(o->session), 3);
}

static void hears_some_of_them(void **state)
{
    static const bool first[LISTING_DELISTED + 3] = {true};
    static const bool second[LISTING_DELISTED + 3] = {false, true};
    struct one *o = *state;
    assert_false(session_hears(o->session, NULL, 1U << CHANNEL_TRADE | 1U << CHANNEL_QUOTE));
    assert_int_equal(add(o->session, "a", 0, CHANNEL_TRADE), 0);
    assert_int_equal(add(o->session, "b", 1, CHANNEL_QUOTE), 0);
    assert_true(session_hears(o->session, NULL, 1U << CHANNEL_TRADE));
    assert_true(session_hears(o->session, first, 1U << CHANNEL_TRADE));
    assert_false(session_hears(o->session, second, 1U << CHANNEL_TRADE));
    assert_true(session_hears(o->session, second, 1U << CHANNEL_TRADE | 1U << CHANNEL_QUOTE));
    assert_false(session_hears(o->session, NULL, 1U << CHANNEL_ORDER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wants_what_was_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_the_order_of_names, setup, teardown),
        cmocka_unit_test_setup_teardown(has_its_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(remembers_its_form, setup, teardown),
        cmocka_unit_test_setup_teardown(hears_some_of_them, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
