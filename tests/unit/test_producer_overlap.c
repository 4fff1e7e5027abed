/* Of two connections that bring the same, what is taken, and when. */
#include "overlap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A link with the symbols 10 and 11. */
static const struct universe_link trades = {CHANNEL_TRADES, true, 0, {10, 2}};
static const struct universe_link quotes = {CHANNEL_QUOTES, true, 0, {10, 2}};

/* What happened, a word each: B a successor is begun, E there is one connection again, o1 the older
 * one brings trade 1 of symbol 10, p1 of 11, y1 and z1 the same of the younger, w1 of a symbol that
 * the link does not carry, T a second passes. Then the ids as they were taken; those of symbol 11
 * in brackets. */
static const struct {
    const char *name;
    const char *happened;
    const char *taken;
} cases[] = {
    {"one connection", "o1 o3 o2", "1 3 2"},
    {"the younger is behind", "o1 B o2 o3 y2 y3", "1 2 3 2 3"},
    {"the younger is ahead", "o1 B y2 y3 o2 o3", "1 2 3 2 3"},
    {"the younger leaves something out", "o1 B y3", "1"},
    {"that the older has", "o1 B y3 o2 o3", "1 2 3 3"},
    {"and more behind it", "o1 B y3 y4 o2 o3", "1 2 3 4 3"},
    {"that the older has not either", "o1 B y4 o4", "1 4 4"},
    {"that nobody has", "o1 B y4 T", "1 4"},
    {"the older is gone", "o1 B y3 y4 E", "1 3 4"},
    {"the older is gone, and all goes on", "o1 B y3 E y5", "1 3 5"},
    {"a symbol without a trade before", "B y7 o7", "7 7"},
    {"a symbol without a trade before, whose older one is gone", "B y7 E", "7"},
    {"one symbol does not hold up another", "o1 p1 B y3 z2 o2", "1 [1] [2] 2 3"},
    {"what is held keeps its order", "o1 p1 B y3 z3 p2 o2", "1 [1] [2] 2 3 [3]"},
    {"ids that came swapped", "o1 B y3 y2 o3 o2", "1 2 3 3 2"},
    {"a symbol that the link does not carry", "B w5", "5"},
    {"what was taken before counts", "o1 B E B y2 y4", "1 2"},
};

struct script {
    struct overlap *o;
    int64_t now_us;
    char out[256];
};

static void say(struct script *s, const struct entry *in)
{
    size_t len = strlen(s->out);
    (void)snprintf(s->out + len, sizeof(s->out) - len, in->index == 11 ? "%s[%d]" : "%s%d",
                   len > 0 ? " " : "", (int)in->sequence);
}

static void release(struct script *s)
{
    struct entry held;
    while (overlap_next(s->o, s->now_us, &held)) {
        assert_int_equal(held.type, ENTRY_TRADE);
        assert_true(slice_is(held.text, "id"));
        say(s, &held);
    }
}

static void play(struct script *s, char word, int64_t sequence)
{
    const char *traders = "opyzw";
    const char *who = strchr(traders, word);
    const uint32_t indexes[] = {10, 11, 10, 11, 12};
    if (word == 'B')
        overlap_begin(s->o);
    if (word == 'E')
        overlap_end(s->o);
    if (word == 'T')
        s->now_us += OVERLAP_HOLD_MS * INT64_C(1000);
    if (who) {
        const struct entry in = {.type = ENTRY_TRADE,
                                 .index = indexes[who - traders],
                                 .sequence = sequence,
                                 .text = slice_of("id")};
        if (overlap_trade(s->o, who - traders >= 2, &in, s->now_us))
            say(s, &in);
    }
    release(s);
}

static void trades_of_two(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct script s = {.o = overlap_create(&trades, &e), .now_us = 1000};
        assert_non_null(s.o);
        for (const char *p = cases[i].happened; *p; p += strcspn(p, " "), p += *p == ' ')
            play(&s, *p, strtol(p + 1, NULL, 10));
        if (strcmp(s.out, cases[i].taken) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, s.out, cases[i].taken);
        overlap_destroy(s.o);
    }
}

/* A younger one that leaves something out, and an older one that says nothing more. */
static void what_is_held_is_bounded(void **state)
{
    (void)state;
    struct err e = {0};
    struct overlap *o = overlap_create(&trades, &e);
    assert_non_null(o);
    overlap_begin(o);
    int64_t next = 1;
    int64_t held = 0;
    for (int64_t n = 1; n <= 100000; n++) {
        const struct entry in = {.type = ENTRY_TRADE, .index = 10, .sequence = 2 * n};
        struct entry out;
        while (overlap_is_full(o) && overlap_next(o, 0, &out))
            assert_int_equal(out.sequence, 2 * next++);
        if (overlap_trade(o, true, &in, 0))
            assert_int_equal(in.sequence, 2 * next++);
        else if (n - next + 1 > held)
            held = n - next + 1;
    }
    assert_in_range(held, 1000, 4000);
    overlap_end(o);
    struct entry out;
    while (overlap_next(o, 0, &out))
        assert_int_equal(out.sequence, 2 * next++);
    assert_int_equal(next, 100001);
    assert_false(overlap_holds_any(o));
    overlap_destroy(o);
}

static void quotes_of_two(void **state)
{
    (void)state;
    struct err e = {0};
    struct overlap *o = overlap_create(&quotes, &e);
    assert_non_null(o);
    assert_true(overlap_quote(o, false, 10, -1));
    overlap_begin(o);
    assert_true(overlap_quote(o, false, 10, -1)); /* the younger has said nothing yet */
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_OLDER);
    assert_true(overlap_quote(o, true, 10, -1));
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_YOUNGER);
    assert_false(overlap_quote(o, false, 10, -1)); /* never an older one over a newer one */
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_DOUBTFUL);
    assert_true(overlap_quote(o, true, 10, -1));
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_YOUNGER);
    assert_true(overlap_quote(o, false, 11, -1)); /* each symbol for itself */
    overlap_quotes_over(o, 11);
    assert_false(overlap_quote(o, false, 11, -1));
    assert_true(overlap_quote(o, false, 9, -1)); /* none of the link's */
    assert_true(overlap_quote(o, false, 12, -1));
    overlap_begin(o); /* another younger one */
    assert_true(overlap_quote(o, false, 10, -1));
    overlap_end(o);
    assert_true(overlap_quote(o, true, 10, -1));
    assert_true(overlap_quote(o, false, 10, -1));
    overlap_destroy(o);
    overlap_destroy(NULL);
}

/* The younger one is behind at first: its quotes do not go over later ones. */
static void quotes_in_their_order(void **state)
{
    (void)state;
    struct err e = {0};
    struct overlap *o = overlap_create(&quotes, &e);
    assert_non_null(o);
    assert_true(overlap_quote(o, false, 10, 7));
    overlap_begin(o);
    assert_false(overlap_quote(o, true, 10, 6));
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_OLDER);
    assert_true(overlap_quote(o, false, 10, 8));
    assert_false(overlap_quote(o, true, 10, 7));
    assert_true(overlap_quote(o, true, 11, 1)); /* each symbol for itself */
    assert_true(overlap_quote(o, true, 10, 8)); /* the same: it has caught up */
    assert_false(overlap_quote(o, false, 10, 9));
    assert_int_equal(overlap_quotes(o, 10), OVERLAP_DOUBTFUL);
    assert_true(overlap_quote(o, true, 10, 3)); /* what one connection brings is its own affair */
    overlap_end(o);
    assert_true(overlap_quote(o, false, 10, 2)); /* also of an exchange that starts over */
    overlap_begin(o);
    assert_true(overlap_quote(o, true, 10, 3));
    overlap_destroy(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_of_two),
        cmocka_unit_test(what_is_held_is_bounded),
        cmocka_unit_test(quotes_of_two),
        cmocka_unit_test(quotes_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
