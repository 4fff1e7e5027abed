/* What a trade means to what is written already: tables, and the law under random deliveries. */
#include "progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct progress_step offer(struct symbol_progress *p, int64_t id, int64_t at_us)
{
    struct progress_step step;
    progress_offer(p, &(struct progress_trade){id, at_us, at_us + 1}, &step);
    return step;
}

/* ids: in the order of delivery; is: per id N new, N[a-b] new behind a gap, F filled, C filled and
 * closed, D duplicate; then the holes left. */
static const struct {
    const char *name;
    int64_t ids[12];
    int n;
    const char *is;
} tables[] = {
    {"in order", {5, 6, 7}, 3, "N N N |"},
    {"duplicates", {5, 5, 6, 5, 6}, 5, "N D N D D |"},
    {"a gap", {5, 9}, 2, "N N[6-8] | 6-8"},
    {"swapped", {5, 7, 6, 8}, 4, "N N[6-6] C N |"},
    {"filled in order", {5, 9, 6, 7, 8, 8}, 6, "N N[6-8] F F C D |"},
    {"filled from behind", {5, 9, 8, 7, 6}, 5, "N N[6-8] F F C |"},
    {"split", {5, 11, 8, 8, 6, 10}, 6, "N N[6-10] F D F F | 7-7 9-9"},
    {"two gaps", {1, 4, 8, 6, 2}, 5, "N N[2-3] N[5-7] F F | 3-3 5-5 7-7"},
    {"swapped at the beginning", {7, 6, 8}, 3, "N N N |"},
    {"before the beginning", {7, 3, 5, 4, 6}, 5, "N N[4-6] F C C |"},
    {"from zero", {0, 1, 3}, 3, "N N N[2-2] | 2-2"},
    {"the greatest ids",
     {INT64_MAX - 3, INT64_MAX - 1},
     2,
     "N N[9223372036854775805-9223372036854775805] | 9223372036854775805-9223372036854775805"},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct symbol_progress p = {0};
        struct strbuf b = STRBUF_INIT(1000);
        for (int k = 0; k < tables[i].n; k++) {
            const struct progress_step s = offer(&p, tables[i].ids[k], k);
            const char *word = s.verdict == PROGRESS_NEW         ? "N"
                               : s.verdict == PROGRESS_DUPLICATE ? "D"
                               : s.closed                        ? "C"
                                                                 : "F";
            assert_int_equal(strbuf_adds(&b, word), 0);
            if (s.opened)
                assert_int_equal(strbuf_addf(&b, "[%lld-%lld]", (long long)s.hole.first_id,
                                             (long long)s.hole.last_id),
                                 0);
            assert_int_equal(strbuf_adds(&b, " "), 0);
        }
        assert_int_equal(strbuf_adds(&b, "|"), 0);
        for (size_t h = 0; h < p.record.n_holes; h++)
            assert_int_equal(strbuf_addf(&b, " %lld-%lld", (long long)p.record.holes[h].first_id,
                                         (long long)p.record.holes[h].last_id),
                             0);
        if (strcmp(b.data, tables[i].is) != 0)
            fail_msg("%s\nis     %s\nwanted %s", tables[i].name, b.data, tables[i].is);
        strbuf_finish(&b);
    }
}

static void times(void **state)
{
    (void)state;
    struct symbol_progress p = {0};
    (void)offer(&p, 10, 1000);
    const struct progress_step gap = offer(&p, 13, 2000);
    assert_int_equal(gap.hole.from_time_us, 1000);
    assert_int_equal(gap.hole.to_time_us, 2000);
    assert_int_equal(gap.hole.open_time_us, 2001);
    assert_int_equal(p.record.last_time_us, 2000);
    assert_int_equal(p.record.last_receive_time_us, 2001);
    const struct progress_step fill = offer(&p, 11, 1500);
    assert_int_equal(fill.verdict, PROGRESS_FILLS);
    assert_int_equal(fill.hole.from_time_us, 1000);
    assert_int_equal(p.record.last_time_us, 2000);
    assert_false(offer(&p, 11, 1500).newer_than_newest);
    assert_true(offer(&p, 11, 2001).newer_than_newest);
    assert_false(offer(&p, 13, 2001).newer_than_newest);
}

static void overflow(void **state)
{
    (void)state;
    struct symbol_progress p = {0};
    for (int i = 0; i <= PROGRESS_HOLES_MAX; i++) /* ids 0, 10, 20, … */
        assert_false(offer(&p, 10 * i, 1000 - i).gave_up);
    assert_int_equal(p.record.n_holes, PROGRESS_HOLES_MAX);
    /* receive times fall here, so the hole noticed first is the last one, not the lowest */
    const struct progress_step s = offer(&p, 10 * (PROGRESS_HOLES_MAX + 1), 2000);
    assert_true(s.gave_up && s.opened);
    assert_int_equal(s.given_up.first_id, 10 * (PROGRESS_HOLES_MAX - 1) + 1);
    assert_int_equal(s.given_up.last_id, 10 * PROGRESS_HOLES_MAX - 1);
    assert_int_equal(p.record.n_holes, PROGRESS_HOLES_MAX);
    assert_int_equal(offer(&p, s.given_up.first_id, 1).verdict, PROGRESS_DUPLICATE);
    const struct progress_step split = offer(&p, 5, 1); /* 1-9 becomes two */
    assert_int_equal(split.verdict, PROGRESS_FILLS);
    assert_true(split.gave_up);
    assert_int_equal(p.record.n_holes, PROGRESS_HOLES_MAX);
}

/* Holes 10-19, 30-39 and 50-59 between 5 and 65. */
static void with_holes(struct symbol_progress *p)
{
    *p = (struct symbol_progress){0};
    for (int64_t id = 5; id <= 65; id++)
        if ((id / 10) % 2 == 0 || id < 10 || id > 59)
            (void)offer(p, id, id);
}

/* is: what was given up at each call until there was nothing more, then the holes left. */
static const struct {
    const char *name;
    int64_t first;
    int64_t last;
    const char *is;
} given_up[] = {
    {"a whole hole", 10, 19, "10-19 | 30-39 50-59"},
    {"its front", 10, 12, "10-12 | 13-19 30-39 50-59"},
    {"its back", 17, 19, "17-19 | 10-16 30-39 50-59"},
    {"its middle", 33, 36, "33-36 | 10-19 30-32 37-39 50-59"},
    {"one id", 30, 30, "30-30 | 10-19 31-39 50-59"},
    {"its last id", 19, 25, "19-19 | 10-18 30-39 50-59"},
    {"beyond its front", 25, 31, "30-31 | 10-19 32-39 50-59"},
    {"beyond its back", 38, 45, "38-39 | 10-19 30-37 50-59"},
    {"several, and parts of them", 15, 54, "15-19 30-39 50-54 | 10-14 55-59"},
    {"all", 0, INT64_MAX, "10-19 30-39 50-59 |"},
    {"none before", 0, 9, "| 10-19 30-39 50-59"},
    {"none between", 20, 29, "| 10-19 30-39 50-59"},
    {"none behind", 60, INT64_MAX, "| 10-19 30-39 50-59"},
};

static void giving_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(given_up) / sizeof(given_up[0]); i++) {
        struct symbol_progress p;
        struct strbuf b = STRBUF_INIT(1000);
        struct hole h;
        with_holes(&p);
        while (progress_give_up(&p, given_up[i].first, given_up[i].last, &h)) {
            assert_int_equal(h.from_time_us, h.first_id < 20 ? 9 : h.first_id < 40 ? 29 : 49);
            assert_int_equal(
                strbuf_addf(&b, "%lld-%lld ", (long long)h.first_id, (long long)h.last_id), 0);
        }
        assert_int_equal(strbuf_adds(&b, "|"), 0);
        for (size_t k = 0; k < p.record.n_holes; k++)
            assert_int_equal(strbuf_addf(&b, " %lld-%lld", (long long)p.record.holes[k].first_id,
                                         (long long)p.record.holes[k].last_id),
                             0);
        if (strcmp(b.data, given_up[i].is) != 0)
            fail_msg("%s\nis     %s\nwanted %s", given_up[i].name, b.data, given_up[i].is);
        strbuf_finish(&b);
    }
}

/* With as many holes as there may be, none can be parted. */
static void giving_up_without_room(void **state)
{
    (void)state;
    struct symbol_progress p = {0};
    struct hole h;
    for (int i = 0; i <= PROGRESS_HOLES_MAX; i++)
        (void)offer(&p, 10 * i, i);
    assert_true(progress_give_up(&p, 1, 2, &h)); /* from the front there is room */
    assert_true(h.first_id == 1 && h.last_id == 2 && p.record.holes[0].first_id == 3);
    assert_true(progress_give_up(&p, 14, 15, &h)); /* from the middle not: its back goes too */
    assert_true(h.first_id == 14 && h.last_id == 19);
    assert_true(p.record.holes[1].first_id == 11 && p.record.holes[1].last_id == 13);
    assert_int_equal(p.record.n_holes, PROGRESS_HOLES_MAX);
    assert_false(progress_give_up(&p, 14, 19, &h));
    assert_true(progress_give_up(&p, 21, 29, &h)); /* now there is */
    assert_true(progress_give_up(&p, 34, 35, &h));
    assert_true(h.first_id == 34 && h.last_id == 35);
    assert_int_equal(p.record.n_holes, PROGRESS_HOLES_MAX);
}

/* --- the law --------------------------------------------------------------------------------- */

enum { IDS = 400, RUNS = 3000 };

struct ledger {
    int written[IDS];
    bool given_up[IDS];
    bool full; /* some of what was given up may be forgotten */
};

static bool in_hole(const struct progress *r, int64_t id)
{
    for (size_t i = 0; i < r->n_holes; i++)
        if (id >= r->holes[i].first_id && id <= r->holes[i].last_id)
            return true;
    return false;
}

static void check(const struct symbol_progress *p, const struct ledger *l)
{
    const struct progress *r = &p->record;
    struct symbol_progress copy;
    struct err e = {0};
    assert_int_equal(progress_restore(&copy, r, &e), 0); /* ascending, apart, inside */
    for (int64_t id = 0; id < IDS; id++) {
        bool inside = id >= r->first_id && id <= r->last_id;
        int told = l->written[id] + in_hole(r, id) + (l->given_up[id] && !l->written[id]);
        assert_int_equal(told, inside ? 1 : 0);
    }
}

static void note_given_up(struct ledger *l, const struct hole *h)
{
    for (int64_t i = h->first_id; i <= h->last_id; i++) {
        assert_false(l->given_up[i]);
        l->given_up[i] = true;
    }
}

/* Stops waiting for some ids: of those all that are missing, and nothing before them. */
static void stop_waiting(struct symbol_progress *p, struct ledger *l, int64_t first, int64_t last)
{
    struct hole h;
    const struct progress before = p->record;
    while (progress_give_up(p, first, last, &h)) {
        assert_true(h.first_id >= first && in_hole(&before, h.first_id));
        assert_true(h.last_id <= last || before.n_holes == PROGRESS_HOLES_MAX);
        note_given_up(l, &h);
    }
    for (int64_t id = first; id <= last; id++)
        assert_false(in_hole(&p->record, id));
}

static void deliver(struct symbol_progress *p, struct ledger *l, int64_t id, int64_t now)
{
    const struct progress_step s = offer(p, id, now);
    if (s.verdict != PROGRESS_DUPLICATE)
        l->written[id]++;
    if (s.gave_up)
        note_given_up(l, &s.given_up);
}

/* Somebody brings an id back: it is taken if it was given up and is not there yet; whether it can
 * still be told is told by how many ranges are remembered. */
static bool bring_back(struct symbol_progress *p, struct ledger *l, int64_t id)
{
    struct hole h;
    const struct progress before = p->record;
    if (!progress_bring_back(p, id, &h)) {
        bool lacks = l->given_up[id] && !l->written[id];
        assert_true(!lacks || l->full);
        assert_memory_equal(&p->record, &before, sizeof(before));
        return false;
    }
    assert_true(l->given_up[id] && !l->written[id] && h.first_id <= id && h.last_id >= id);
    assert_false(progress_is_missing(p, id));
    l->written[id]++;
    return true;
}

/* A delivery in bursts that jump forth and back, with a crash now and then: what was written since
 * the last commit is undone, and progress comes back as it was committed. */
static void law(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    int brought = 0;
    for (int run = 0; run < RUNS / 10; run++) {
        struct symbol_progress p = {0};
        struct symbol_progress committed = {0};
        struct ledger l = {0};
        struct ledger l_committed = {0};
        int64_t at = rand_r(&seed) % IDS;
        for (int step = 0; step < RUNS / 10; step++) {
            int what = rand_r(&seed) % 100;
            if (what < 60)
                at = (at + 1) % IDS;
            else if (what < 80)
                at = (at + rand_r(&seed) % 8) % IDS;
            else
                at = rand_r(&seed) % IDS;
            deliver(&p, &l, at, step);
            if (run % 2 == 0 && rand_r(&seed) % 20 == 0)
                stop_waiting(&p, &l, at, at + rand_r(&seed) % (IDS - at));
            l.full = l.full || p.record.n_given_up == PROGRESS_GIVEN_UP_MAX;
            if (run % 2 == 0 && rand_r(&seed) % 4 == 0)
                brought += bring_back(&p, &l, rand_r(&seed) % IDS);
            if (what == 99 && committed.known) { /* crash */
                p = committed;
                l = l_committed;
            } else if (what % 10 == 0) {
                committed = p;
                l_committed = l;
            }
        }
        check(&p, &l);
    }
    assert_true(brought > 500);
}

/* 32 ranges and no more: the one given up first is forgotten. */
static void the_last_that_were_given_up(void **state)
{
    (void)state;
    struct symbol_progress p = {0};
    struct hole h;
    (void)offer(&p, 0, 0);
    for (int i = 1; i <= PROGRESS_GIVEN_UP_MAX + 1; i++) {
        (void)offer(&p, 10 * i, i);
        assert_true(progress_give_up(&p, 0, INT64_MAX, &h));
    }
    assert_false(progress_bring_back(&p, 5, &h));
    assert_true(progress_bring_back(&p, 15, &h)); /* from the middle: it is two now, */
    assert_true(h.first_id == 11 && h.last_id == 19 && h.from_time_us == 1 && h.to_time_us == 2);
    assert_int_equal(p.record.n_given_up, PROGRESS_GIVEN_UP_MAX);
    assert_false(progress_bring_back(&p, 12, &h)); /* and its front is the first */
    assert_true(progress_bring_back(&p, 16, &h));
    assert_true(progress_bring_back(&p, 21, &h));
    assert_true(progress_bring_back(&p, 29, &h));
    assert_true(h.first_id == 22 && h.last_id == 29);
    assert_false(progress_bring_back(&p, 29, &h));
}

static void restore(void **state)
{
    (void)state;
    static const struct progress bad[] = {
        {.first_id = 5, .last_id = 4},
        {.first_id = 1, .last_id = 9, .n_given_up = 1, .given_up = {{5, 4}}},
        {.first_id = 1, .last_id = 9, .n_given_up = 1, .given_up = {{-1, 4}}},
        {.first_id = 1, .last_id = 9, .n_given_up = 2, .given_up = {{5, 6}, {3, 9}}},
        {.first_id = -1, .last_id = 4},
        {.first_id = 1, .last_id = INT64_MAX},
        {.first_id = 1, .last_id = 9, .n_holes = 1, .holes = {{1, 2}}},
        {.first_id = 1, .last_id = 9, .n_holes = 1, .holes = {{8, 9}}},
        {.first_id = 1, .last_id = 9, .n_holes = 1, .holes = {{4, 3}}},
        {.first_id = 1, .last_id = 9, .n_holes = 2, .holes = {{5, 6}, {3, 3}}},
        {.first_id = 1, .last_id = 9, .n_holes = 2, .holes = {{3, 5}, {5, 6}}},
    };
    struct err e = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct symbol_progress p = {0};
        e.code = ERR_NONE;
        assert_int_equal(progress_restore(&p, &bad[i], &e), -1);
        assert_int_equal(e.code, ERR_STATE);
        assert_false(p.known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(times),
        cmocka_unit_test(overflow),
        cmocka_unit_test(giving_up),
        cmocka_unit_test(giving_up_without_room),
        cmocka_unit_test(law),
        cmocka_unit_test(the_last_that_were_given_up),
        cmocka_unit_test(restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
