/* The journal: nothing leaves but by a commit, nothing grows beyond its limit. */
#include "bell.h"
#include "journal.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SYMBOLS = 3, SECOND_US = 1000000 };

static struct journal *create(int64_t keep_us)
{
    struct err e = {0};
    struct journal *j = journal_create(JOURNAL_MIN_BYTES, keep_us, SYMBOLS, NULL, &e);
    assert_non_null(j);
    return j;
}

static int append_trade(struct journal *j, int64_t id, int64_t now_us)
{
    struct err e = {0};
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, id);
    const struct entry in = {.type = ENTRY_TRADE,
                             .index = 7,
                             .receive_us = 100 + id,
                             .other_us = 50 + id,
                             .sequence = id,
                             .price = {(__int128)id << 70},
                             .amount = {-id},
                             .side = SIDE_SELL,
                             .origin = TRADE_ORIGIN_SNAPSHOT,
                             .text = slice_make(text, (size_t)n)};
    int r = journal_append(j, &in, now_us, &e);
    if (r != 0)
        assert_int_equal(e.code, ERR_LIMIT);
    return r;
}

/* symbols: a digit per symbol from the first one on. */
static void append_link(struct journal *j, uint32_t first, const char *symbols, bool up,
                        int64_t now_us)
{
    struct err e = {0};
    char bytes[SYMBOLS];
    for (size_t i = 0; symbols[i]; i++)
        bytes[i] = symbols[i] == '1';
    const struct entry in = {.type = ENTRY_LINK,
                             .index = first,
                             .up = up,
                             .receive_us = now_us,
                             .other_us = now_us - 1,
                             .text = slice_of(up ? "" : "gone"),
                             .data = slice_make(bytes, strlen(symbols))};
    assert_int_equal(journal_append(j, &in, now_us, &e), 0);
}

static void expect_trade(struct journal *j, int64_t id)
{
    struct entry got;
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, id);
    assert_true(journal_next(j, &got));
    assert_int_equal(got.type, ENTRY_TRADE);
    assert_int_equal(got.index, 7);
    assert_int_equal(got.sequence, id);
    assert_int_equal(got.receive_us, 100 + id);
    assert_int_equal(got.other_us, 50 + id);
    assert_true(got.price.e18 == (__int128)id << 70);
    assert_true(got.amount.e18 == -id);
    assert_int_equal(got.side, SIDE_SELL);
    assert_int_equal(got.origin, TRADE_ORIGIN_SNAPSHOT);
    assert_true(slice_is(got.text, text));
}

static void expect_none(struct journal *j)
{
    struct entry got;
    assert_false(journal_next(j, &got));
}

static void commit_and_rewind(void **state)
{
    (void)state;
    struct journal *j = create(20 * SECOND_US);
    journal_own(j, true);
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(append_trade(j, i, i), 0);
    for (int64_t i = 0; i < 4; i++)
        expect_trade(j, i);
    journal_commit(j);
    for (int64_t i = 4; i < 8; i++)
        expect_trade(j, i);
    journal_rewind(j);
    for (int64_t i = 4; i < 10; i++)
        expect_trade(j, i);
    expect_none(j);
    journal_rewind(j);
    expect_trade(j, 4);
    journal_own(j, true); /* a new owner begins at the oldest, too */
    expect_trade(j, 4);
    journal_destroy(j);
}

/* Long runs through many chunks: order, and memory that goes back to where it was. */
static void many(void **state)
{
    (void)state;
    struct journal *j = create(20 * SECOND_US);
    journal_own(j, true);
    size_t empty = journal_bytes(j);
    int64_t written = 0;
    int64_t read = 0;
    int64_t committed = 0;
    unsigned seed = 7;
    for (int round = 0; round < 3000; round++) {
        for (int n = rand_r(&seed) % 100; n > 0 && !journal_is_full(j); n--)
            assert_int_equal(append_trade(j, written++, 0), 0);
        for (int n = rand_r(&seed) % 100; n > 0 && read < written; n--)
            expect_trade(j, read++);
        if (rand_r(&seed) % 10 == 0) {
            journal_rewind(j);
            read = committed;
        } else if (rand_r(&seed) % 3 == 0) {
            journal_commit(j);
            committed = read;
        }
    }
    while (read < written)
        expect_trade(j, read++);
    expect_none(j);
    journal_commit(j);
    assert_true(journal_bytes(j) <= empty * 2);
    journal_destroy(j);
}

static void full_while_owned(void **state)
{
    (void)state;
    struct journal *j = create(20 * SECOND_US);
    journal_own(j, true);
    int64_t n = 0;
    while (!journal_is_full(j))
        assert_int_equal(append_trade(j, n++, 0), 0);
    assert_false(journal_wait_room(j, 1));
    int64_t full_at = n;
    while (append_trade(j, n, 1000 * SECOND_US) == 0) /* age does not matter while owned */
        n++;
    assert_true((n - full_at) * 64 > JOURNAL_HEADROOM / 2); /* a frame that was under way fits */
    assert_true(journal_bytes(j) <= JOURNAL_MIN_BYTES);
    for (uint32_t i = 0; i < 100; i++) /* a loss can always be told */
        append_link(j, i % SYMBOLS, "1", false, 0);
    for (int64_t i = 0; i < n; i++)
        expect_trade(j, i);
    journal_commit(j);
    assert_false(journal_is_full(j));
    assert_true(journal_wait_room(j, 1));
    journal_destroy(j);
}

static void standby_forgets_the_oldest(void **state)
{
    (void)state;
    struct journal *j = create(20 * SECOND_US);
    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(append_trade(j, i, i * SECOND_US), 0);
    assert_false(journal_is_full(j));
    journal_own(j, true);
    for (int64_t i = 79; i < 100; i++)
        expect_trade(j, i);
    expect_none(j);
    assert_int_equal(append_trade(j, 100, 1000 * SECOND_US), 0);
    journal_own(j, false);
    assert_int_equal(append_trade(j, 101, 1001 * SECOND_US), 0);
    journal_own(j, true);
    expect_trade(j, 100); /* what came before was too old, read or not */
    journal_destroy(j);
}

/* Nobody feeds it: what it was fed before ages all the same. */
static void what_is_not_fed_ages(void **state)
{
    (void)state;
    bool up[SYMBOLS];
    int64_t since_us;
    struct journal *j = create(20 * SECOND_US);
    append_link(j, 0, "111", true, 0);
    assert_int_equal(append_trade(j, 1, 10 * SECOND_US), 0);
    append_link(j, 0, "110", false, 11 * SECOND_US);
    journal_age(j, 20 * SECOND_US);
    journal_start(j, up, &since_us);
    assert_false(up[0] || up[1] || up[2]);
    assert_int_equal(since_us, 0); /* the link that came up, at 0 */
    journal_age(j, 30 * SECOND_US + 1);
    journal_start(j, up, &since_us);
    assert_true(up[0] && up[1] && up[2]);
    assert_int_equal(since_us, 11 * SECOND_US);
    journal_age(j, 100 * SECOND_US);
    journal_start(j, up, &since_us);
    assert_true(!up[0] && !up[1] && up[2]);
    assert_int_equal(since_us, 0); /* nothing is left */
    journal_own(j, true);
    assert_int_equal(append_trade(j, 2, 100 * SECOND_US), 0);
    journal_age(j, 1000 * SECOND_US);
    expect_trade(j, 2); /* what is owned stays */
    expect_none(j);
    journal_destroy(j);
}

static void standby_makes_room(void **state)
{
    (void)state;
    struct journal *j = create(20 * SECOND_US);
    const int64_t n = 200000;
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(append_trade(j, i, 0), 0);
    assert_true(journal_bytes(j) <= JOURNAL_MIN_BYTES);
    assert_false(journal_is_full(j));
    journal_own(j, true);
    struct entry first;
    assert_true(journal_next(j, &first));
    assert_true(first.sequence > 0 && first.sequence < n - 10000);
    journal_rewind(j);
    for (int64_t i = first.sequence; i < n; i++)
        expect_trade(j, i);
    journal_destroy(j);
}

static void a_file_waits(void **state)
{
    (void)state;
    struct journal *j = create(0);
    int64_t n = 0;
    for (; !journal_is_full(j); n++)
        assert_int_equal(append_trade(j, n, n * SECOND_US), 0);
    journal_end(j);
    assert_false(journal_is_done(j));
    journal_own(j, true);
    for (int64_t i = 0; i < n; i++)
        expect_trade(j, i);
    assert_true(journal_is_done(j));
    journal_rewind(j);
    assert_false(journal_is_done(j));
    journal_destroy(j);
}

static void what_was_up_before(void **state)
{
    (void)state;
    bool up[SYMBOLS];
    int64_t since;
    struct entry got;
    struct journal *j = create(20 * SECOND_US);
    journal_start(j, up, &since);
    assert_int_equal(since, 0);
    append_link(j, 0, "101", true, 1 * SECOND_US); /* the second of three was refused */
    append_link(j, 1, "1", true, 2 * SECOND_US);   /* and came late */
    append_link(j, 0, "10", false, 3 * SECOND_US);
    assert_int_equal(append_trade(j, 1, 22 * SECOND_US), 0); /* drops the first */
    journal_own(j, true);
    journal_start(j, up, &since);
    assert_true(up[0] && !up[1] && up[2]);
    assert_int_equal(since, 2 * SECOND_US);
    assert_true(journal_next(j, &got) && got.up && got.index == 1);
    assert_true(journal_next(j, &got) && !got.up && got.index == 0);
    assert_true(slice_is(got.text, "gone"));
    assert_int_equal(got.other_us, 3 * SECOND_US - 1);
    journal_rewind(j);
    journal_start(j, up, &since);
    assert_true(up[0] && !up[1] && up[2]);
    assert_true(journal_next(j, &got) && journal_next(j, &got));
    journal_commit(j);
    journal_start(j, up, &since);
    assert_true(!up[0] && up[1] && up[2]);
    assert_int_equal(since, 101);
    journal_destroy(j);
}

static void bad_frames_and_ticks(void **state)
{
    (void)state;
    struct err e = {0};
    struct entry got;
    struct journal *j = create(20 * SECOND_US);
    size_t len = 600 << 10; /* larger than a chunk */
    char *frame = malloc(len);
    assert_non_null(frame);
    memset(frame, 'x', len);
    journal_own(j, true);
    const struct entry bad = {.type = ENTRY_BAD,
                              .index = 2,
                              .frame_len = 5000000,
                              .text = slice_of("why"),
                              .data = slice_make(frame, len)};
    const struct entry tick = {
        .type = ENTRY_TICK, .receive_us = 9, .data = slice_make("\1\0\1", 3)};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(journal_append(j, &bad, 0, &e), 0);
        assert_int_equal(journal_append(j, &tick, 0, &e), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(journal_next(j, &got));
        assert_int_equal(got.type, ENTRY_BAD);
        assert_int_equal(got.frame_len, 5000000);
        assert_true(slice_is(got.text, "why"));
        assert_true(slice_eq(got.data, bad.data));
        assert_true(journal_next(j, &got));
        assert_int_equal(got.type, ENTRY_TICK);
        assert_true(slice_eq(got.data, tick.data));
    }
    const struct entry huge = {.type = ENTRY_BAD, .data = slice_make(frame, JOURNAL_HEADROOM)};
    assert_int_equal(journal_append(j, &huge, 0, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    free(frame);
    journal_destroy(j);
}

/* A chunk that was committed goes while the reading place still stood at its end. */
static void commit_at_the_end_of_a_chunk(void **state)
{
    (void)state;
    struct err e = {0};
    struct entry got;
    struct journal *j = create(20 * SECOND_US);
    size_t len = 600 << 10; /* a chunk of its own */
    char *frame = calloc(1, len);
    assert_non_null(frame);
    const struct entry bad = {.type = ENTRY_BAD, .data = slice_make(frame, len)};
    journal_own(j, true);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(journal_append(j, &bad, 0, &e), 0);
        assert_true(journal_next(j, &got));
        assert_int_equal(got.type, ENTRY_BAD);
        expect_none(j);
        assert_int_equal(append_trade(j, i, 0), 0);
        journal_commit(j);
        expect_trade(j, i);
        journal_commit(j);
    }
    free(frame);
    journal_destroy(j);
}

/* --- two threads ----------------------------------------------------------------------------- */

enum { HANDED = 300000 };

struct pair {
    struct journal *journal;
    struct bell *bell;
};

static void *feed(void *ctx)
{
    struct pair *p = ctx;
    for (int64_t i = 0; i < HANDED; i++) {
        while (!journal_wait_room(p->journal, 1000))
            ;
        if (append_trade(p->journal, i, 0) != 0)
            return p;
    }
    journal_end(p->journal);
    return NULL;
}

static void across_threads(void **state)
{
    (void)state;
    struct err e = {0};
    struct pair p = {.bell = bell_create(&e)};
    pthread_t thread;
    void *failed;
    assert_non_null(p.bell);
    p.journal = journal_create(JOURNAL_MIN_BYTES, 0, 0, p.bell, &e);
    assert_non_null(p.journal);
    journal_own(p.journal, true);
    assert_int_equal(pthread_create(&thread, NULL, feed, &p), 0);
    int64_t next = 0;
    int waits = 0;
    while (!journal_is_done(p.journal)) {
        struct entry got;
        while (journal_next(p.journal, &got))
            assert_int_equal(got.sequence, next++);
        journal_commit(p.journal);
        if (!journal_is_done(p.journal) && !bell_wait(p.bell, 10000))
            waits++;
    }
    assert_int_equal(next, HANDED);
    assert_int_equal(waits, 0); /* every append to an empty journal rings */
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    journal_destroy(p.journal);
    bell_destroy(p.bell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_and_rewind),    cmocka_unit_test(many),
        cmocka_unit_test(full_while_owned),     cmocka_unit_test(standby_forgets_the_oldest),
        cmocka_unit_test(what_is_not_fed_ages), cmocka_unit_test(standby_makes_room),
        cmocka_unit_test(a_file_waits),         cmocka_unit_test(what_was_up_before),
        cmocka_unit_test(bad_frames_and_ticks), cmocka_unit_test(commit_at_the_end_of_a_chunk),
        cmocka_unit_test(across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
