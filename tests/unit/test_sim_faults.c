/* Faults: how they are written, when they are active, and what they make of a frame. */
#include "binance.h"
#include "faults.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SYMBOLS = 3 };

static struct listing *listing;

static int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    listing = listing_create(SYMBOLS, &binance_dialect.listing, &e);
    return listing ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    listing_destroy(listing);
    return 0;
}

static struct faults *create(uint64_t seed)
{
    struct err e = {0};
    struct faults *f = faults_create(seed, "binance", listing, &e);
    assert_non_null(f);
    return f;
}

static uint64_t post(struct faults *f, const char *text, int64_t now_ms)
{
    struct err e = {0};
    uint64_t id = 0;
    if (faults_post(f, slice_of(text), now_ms * US_PER_MS, &id, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return id;
}

/* The turns that are due: "+1 " begins, "-1 " ends. */
static const char *turns(struct faults *f, int64_t now_ms)
{
    static char text[256];
    struct fault_turn turn;
    size_t used = 0;
    text[0] = '\0';
    while (faults_turn(f, now_ms * US_PER_MS, &turn))
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%c%u ", turn.begins ? '+' : '-',
                                 (unsigned)turn.id);
    return text;
}

static struct verdict judge(struct faults *f, uint32_t symbol, unsigned channel, int64_t now_ms)
{
    return faults_frame(f, symbol, channel, now_ms * US_PER_MS);
}

/* --- reading --------------------------------------------------------------------------------- */

static void what_is_no_fault(void **state)
{
    static const struct {
        const char *text;
        const char *error; /* how it begins */
    } cases[] = {
        {"", "no JSON"},
        {"{\"fault\":\"drop\",\"fault\":\"drop\"}", "no JSON"},
        {"[]", "an object"},
        {"{}", "fault: there must be a name"},
        {"{\"fault\":3}", "fault: there must be a name"},
        {"{\"fault\":\"no\"}", "fault: no is not one"},
        {"{\"fault\":\"drop\",\"for\":1}", "for: drop has no such member"},
        {"{\"fault\":\"drop\",\"ms\":1}", "ms: drop has no such member"},
        {"{\"fault\":\"close\",\"for_ms\":1}", "for_ms: close has no such member"},
        {"{\"fault\":\"drop\",\"for_ms\":\"1\"}", "for_ms: a whole number from 0"},
        {"{\"fault\":\"drop\",\"after_ms\":-1}", "after_ms: a whole number from 0"},
        {"{\"fault\":\"drop\",\"after_ms\":31536000001}", "after_ms: a whole number from 0"},
        {"{\"fault\":\"drop\",\"after_ms\":1e3}", "after_ms: a whole number from 0"},
        {"{\"fault\":\"drop\",\"permille\":1001}", "permille: a whole number from 0 to 1000"},
        {"{\"fault\":\"drop\",\"channel\":\"trade\"}", "channel: trades, quotes or all"},
        {"{\"fault\":\"drop\",\"symbols\":\"BTC-USDT\"}", "symbols: a list"},
        {"{\"fault\":\"drop\",\"symbols\":[]}", "symbols: a list"},
        {"{\"fault\":\"drop\",\"symbols\":[1]}", "symbols: what is no text"},
        {"{\"fault\":\"drop\",\"symbols\":[\"BTCUSDT\"]}", "symbols: BTCUSDT is not one"},
        {"{\"fault\":\"drop\",\"every_ms\":5000}", "every_ms: "},
        {"{\"fault\":\"drop\",\"every_ms\":10,\"for_ms\":0}", "every_ms: "},
        {"{\"fault\":\"delay\",\"ms\":0}", "ms: a whole number from 1"},
        {"{\"fault\":\"close\",\"code\":1005}", "code: 1005 is never sent"},
        {"{\"fault\":\"close\",\"reason\":\"bye\"}", "reason: 1006"},
        {"{\"fault\":\"close\",\"code\":1001,\"reason\":\"a\\u0000b\"}", "no JSON"},
        {"{\"fault\":\"refuse\",\"status\":399}", "status: 400 to 599, or 0"},
        {"{\"fault\":\"rest_status\",\"status\":0}", "status: 400 to 599 is"},
        {"{\"fault\":\"rest_slow\",\"ms\":-1}", "ms: a whole number from 1"},
        {"{\"fault\":\"skew\",\"ms\":86400001}", "ms: a whole number from -86400000"},
        {"{\"fault\":\"rest_drop\",\"path\":1}", "path: a text"},
        {"{\"fault\":\"id_jump\",\"ids\":0}", "ids: a whole number from 1"},
        {"{\"fault\":\"id_jump\",\"ids\":33334}", "ids: 33334 trades of 3 symbols"},
        {"{\"fault\":\"id_jump\",\"in_rest\":1}", "in_rest: true or false"},
        {"{\"fault\":\"id_jump\",\"for_ms\":1}", "for_ms: id_jump has no such member"},
        {"{\"fault\":\"shutdown\",\"close_after_ms\":-1}", "close_after_ms: a whole"},
        {"{\"fault\":\"list\"}", "symbol: which, list must say"},
        {"{\"fault\":\"delist\",\"symbol\":\"NO-SUCH\"}", "symbol: NO-SUCH never trades here"},
        {"{\"fault\":\"delist\",\"symbol\":\"BCC-USDT\"}", "symbol: BCC-USDT never trades here"},
    };
    (void)state;
    struct faults *f = create(1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        uint64_t id;
        assert_int_equal(faults_post(f, slice_of(cases[i].text), 0, &id, &e), -1);
        assert_int_equal(e.code, ERR_ARG);
        if (strncmp(e.text, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("%s: %s", cases[i].text, e.text);
    }
    assert_int_equal(faults_due_us(f), INT64_MAX);
    faults_destroy(f);
}

static void a_file_names_the_entry(void **state)
{
    static const struct {
        const char *text;
        const char *error; /* NULL: it is good */
    } cases[] = {
        {"[]", NULL},
        {"[{\"fault\":\"drop\"},{\"fault\":\"stall\",\"for_ms\":0}]", NULL},
        {"{\"fault\":\"drop\"}", "an array of faults is wanted"},
        {"[{\"fault\":\"drop\"},{\"fault\":\"drop\",\"ms\":1}]", "entry 2: ms: drop has no such"},
        {"[1]", "entry 1: an object is wanted"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct faults *f = create(1);
        int r = faults_load(f, slice_of(cases[i].text), &e);
        assert_int_equal(r, cases[i].error ? -1 : 0);
        if (cases[i].error) {
            assert_int_equal(e.code, ERR_CONF);
            assert_memory_equal(e.text, cases[i].error, strlen(cases[i].error));
        }
        faults_destroy(f);
    }
}

static void printed_as_they_were_read(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"drop\", \"for_ms\":10}", 0);
    (void)post(f, "{\"after_ms\":5,\"fault\":\"close\",\"code\":1001,\"reason\":\"\\u00e9\"}", 0);
    assert_string_equal(turns(f, 0), "+1 ");
    (void)judge(f, 0, FAULT_TRADES, 1);
    assert_int_equal(faults_print(f, &b), 0);
    assert_string_equal(b.data,
                        "{\"faults\":[\n{\"id\":1,\"state\":\"active\",\"begun\":1,\"count\":1,"
                        "\"fault\":\"drop\",\"for_ms\":10},\n{\"id\":2,\"state\":\"waiting\","
                        "\"begun\":0,\"count\":0,\"after_ms\":5,\"fault\":\"close\","
                        "\"code\":1001,\"reason\":\"\xc3\xa9\"}]}\n");
    strbuf_finish(&b);
    faults_destroy(f);
}

/* --- when ------------------------------------------------------------------------------------ */

static void begins_and_ends(void **state)
{
    (void)state;
    struct faults *f = create(1);
    assert_int_equal(post(f, "{\"fault\":\"drop\",\"after_ms\":100,\"for_ms\":50}", 1000), 1);
    assert_int_equal(post(f, "{\"fault\":\"close\",\"after_ms\":120}", 1000), 2);
    assert_int_equal(post(f, "{\"fault\":\"stall\",\"for_ms\":0}", 1000), 3);
    assert_string_equal(turns(f, 1000), "+3 ");
    assert_int_equal(faults_due_us(f), 1100 * US_PER_MS);
    assert_string_equal(turns(f, 1099), "");
    assert_string_equal(turns(f, 1100), "+1 ");
    assert_true(faults_any(f, FAULT_DROP));
    assert_string_equal(turns(f, 1120), "+2 -2 ");
    assert_string_equal(turns(f, 1150), "-1 ");
    assert_false(faults_any(f, FAULT_DROP));
    assert_int_equal(faults_due_us(f), INT64_MAX);
    assert_true(faults_end(f, 3));
    assert_string_equal(turns(f, 1200), "-3 ");
    assert_false(faults_any(f, FAULT_STALL));
    assert_false(faults_end(f, 4));
    assert_true(faults_end(f, 1)); /* it is over already */
    assert_string_equal(turns(f, 9000), "");
    faults_destroy(f);
}

static void comes_again(void **state)
{
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"drop\",\"after_ms\":10,\"for_ms\":20,\"every_ms\":100}", 0);
    (void)post(f, "{\"fault\":\"close\",\"after_ms\":15,\"every_ms\":100}", 0);
    assert_string_equal(turns(f, 20), "+1 +2 -2 ");
    assert_string_equal(turns(f, 100), "-1 ");
    assert_string_equal(turns(f, 110), "+1 ");
    assert_string_equal(turns(f, 131), "+2 -2 -1 ");
    /* Who stood still for long does not get all of it at once, and is back on time. */
    assert_string_equal(turns(f, 1012), "+1 +2 -2 -1 +1 ");
    assert_string_equal(turns(f, 1014), "");
    assert_string_equal(turns(f, 1015), "+2 -2 ");
    assert_true(faults_end(f, 1));
    assert_true(faults_end(f, 2));
    assert_string_equal(turns(f, 1016), "-1 ");
    assert_string_equal(turns(f, 99999), "");
    faults_destroy(f);
}

static void a_file_waits_for_the_market(void **state)
{
    (void)state;
    struct err e = {0};
    struct faults *f = create(1);
    assert_int_equal(faults_load(f, slice_of("[{\"fault\":\"drop\",\"after_ms\":5}]"), &e), 0);
    assert_int_equal(faults_due_us(f), INT64_MAX);
    assert_string_equal(turns(f, 100), "");
    (void)post(f, "{\"fault\":\"stall\"}", 100);
    assert_string_equal(turns(f, 100), "+2 ");
    faults_begin(f, 200 * US_PER_MS);
    assert_string_equal(turns(f, 204), "");
    assert_string_equal(turns(f, 205), "+1 ");
    faults_destroy(f);
}

static void keeps_no_more_than_fit(void **state)
{
    (void)state;
    struct err e = {0};
    uint64_t id = 0;
    struct faults *f = create(1);
    for (uint64_t i = 1; i <= FAULTS_MAX; i++)
        assert_int_equal(post(f, "{\"fault\":\"drop\",\"after_ms\":1000}", 0), i);
    assert_int_equal(faults_post(f, slice_of("{\"fault\":\"drop\"}"), 0, &id, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_true(faults_end(f, 2));
    assert_int_equal(post(f, "{\"fault\":\"drop\"}", 0), FAULTS_MAX + 1);
    assert_false(faults_end(f, 2));
    faults_count(f, 2, 1); /* it is forgotten, and that is fine */
    faults_destroy(f);
}

/* --- what they do ---------------------------------------------------------------------------- */

static void verdicts(void **state)
{
    static const struct {
        const char *fault;
        uint32_t symbol;
        unsigned channel;
        enum frame_fate fate;
        int64_t due_ms;
    } cases[] = {
        {"{\"fault\":\"drop\"}", 0, FAULT_TRADES, FRAME_DROP, 0},
        {"{\"fault\":\"drop\"}", 0, FAULT_QUOTES, FRAME_PASS, 0},
        {"{\"fault\":\"drop\",\"channel\":\"quotes\"}", 0, FAULT_TRADES, FRAME_PASS, 0},
        {"{\"fault\":\"drop\",\"channel\":\"quotes\"}", 2, FAULT_QUOTES, FRAME_DROP, 0},
        {"{\"fault\":\"drop\",\"channel\":\"all\"}", 2, FAULT_TRADES, FRAME_DROP, 0},
        {"{\"fault\":\"drop\",\"symbols\":[\"ETH-USDT\"]}", 0, FAULT_TRADES, FRAME_PASS, 0},
        {"{\"fault\":\"drop\",\"symbols\":[\"ETH-USDT\"]}", 1, FAULT_TRADES, FRAME_DROP, 0},
        {"{\"fault\":\"drop\",\"permille\":0}", 0, FAULT_TRADES, FRAME_PASS, 0},
        {"{\"fault\":\"duplicate\"}", 0, FAULT_TRADES, FRAME_TWICE, 0},
        {"{\"fault\":\"delay\",\"ms\":70}", 0, FAULT_TRADES, FRAME_PASS, 71},
        {"{\"fault\":\"stall\"}", 0, FAULT_TRADES, FRAME_PASS, 0},
        {"{\"fault\":\"bad_json\"}", 0, FAULT_TRADES, FRAME_BAD, 0},
        {"{\"fault\":\"truncate\"}", 0, FAULT_TRADES, FRAME_CUT, 0},
        {"{\"fault\":\"reorder\",\"channel\":\"quotes\"}", 0, FAULT_QUOTES, FRAME_BEHIND, 2001},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct faults *f = create(1);
        (void)post(f, cases[i].fault, 0);
        assert_int_equal(judge(f, cases[i].symbol, cases[i].channel, 0).fate, FRAME_PASS);
        assert_string_equal(turns(f, 0), "+1 ");
        struct verdict v = judge(f, cases[i].symbol, cases[i].channel, 1);
        assert_int_equal(v.fate, cases[i].fate);
        assert_int_equal(v.due_us, cases[i].due_ms * US_PER_MS);
        faults_destroy(f);
    }
}

static void the_oldest_decides_and_a_delay_comes_on_top(void **state)
{
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"duplicate\"}", 0);
    (void)post(f, "{\"fault\":\"drop\"}", 0);
    (void)post(f, "{\"fault\":\"delay\",\"ms\":10}", 0);
    assert_string_equal(turns(f, 0), "+1 +2 +3 ");
    struct verdict v = judge(f, 0, FAULT_TRADES, 5);
    assert_int_equal(v.fate, FRAME_TWICE);
    assert_int_equal(v.due_us, 15 * US_PER_MS);
    assert_int_equal(faults_total(f, FAULT_DUPLICATE), 1);
    assert_int_equal(faults_total(f, FAULT_DROP), 0);
    assert_int_equal(faults_total(f, FAULT_DELAY), 1);
    faults_destroy(f);
}

static void no_frame_overtakes_one_that_is_held(void **state)
{
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"delay\",\"ms\":100,\"for_ms\":50}", 0);
    assert_string_equal(turns(f, 0), "+1 ");
    assert_int_equal(judge(f, 1, FAULT_TRADES, 49).due_us, 149 * US_PER_MS);
    assert_string_equal(turns(f, 50), "-1 ");
    assert_int_equal(judge(f, 1, FAULT_TRADES, 51).due_us, 149 * US_PER_MS);
    assert_int_equal(judge(f, 1, FAULT_QUOTES, 51).due_us, 0);
    assert_int_equal(judge(f, 0, FAULT_TRADES, 51).due_us, 0);
    assert_int_equal(judge(f, 1, FAULT_TRADES, 149).due_us, 0);
    assert_int_equal(faults_total(f, FAULT_DELAY), 1);
    faults_destroy(f);
}

static size_t dropped(uint64_t seed, bool *ret, size_t n)
{
    size_t count = 0;
    struct faults *f = create(seed);
    (void)post(f, "{\"fault\":\"drop\",\"permille\":250}", 0);
    assert_string_equal(turns(f, 0), "+1 ");
    for (size_t i = 0; i < n; i++) {
        ret[i] = judge(f, 0, FAULT_TRADES, 1).fate == FRAME_DROP;
        count += ret[i];
    }
    assert_int_equal(faults_total(f, FAULT_DROP), count);
    faults_destroy(f);
    return count;
}

static void chance_comes_from_the_seed(void **state)
{
    enum { N = 4000 };
    static bool first[N];
    static bool again[N];
    static bool other[N];
    (void)state;
    size_t n = dropped(7, first, N);
    assert_in_range(n, 850, 1150);
    assert_int_equal(dropped(7, again, N), n);
    assert_memory_equal(first, again, sizeof(first));
    (void)dropped(8, other, N);
    assert_memory_not_equal(first, other, sizeof(first));
}

static void strikes(void **state)
{
    (void)state;
    struct faults *f = create(1);
    uint64_t id = 0;
    const struct slice none = slice_make(NULL, 0);
    assert_null(faults_strike(f, FAULT_REFUSE, none, &id));
    (void)post(f, "{\"fault\":\"refuse\",\"permille\":0,\"status\":500}", 0);
    (void)post(f, "{\"fault\":\"refuse\",\"status\":429,\"retry_after_s\":3}", 0);
    assert_string_equal(turns(f, 0), "+1 +2 ");
    const struct fault *hit = faults_strike(f, FAULT_REFUSE, none, &id);
    assert_non_null(hit);
    assert_int_equal(id, 2);
    faults_count(f, id, 1);
    assert_int_equal(hit->status, 429);
    assert_int_equal(hit->retry_after_s, 3);
    assert_non_null(faults_active(f, FAULT_REFUSE, 0, &id));
    assert_int_equal(id, 1);
    assert_non_null(faults_active(f, FAULT_REFUSE, id, &id));
    assert_int_equal(id, 2);
    assert_null(faults_active(f, FAULT_REFUSE, id, &id));
    assert_int_equal(faults_total(f, FAULT_REFUSE), 1);
    faults_destroy(f);
}

static void of_rest_by_path(void **state)
{
    static const struct {
        const char *path;
        uint64_t id; /* 0: none */
    } cases[] = {{"/api/v3/trades", 1}, {"/api/v3/time", 2}, {"/api", 0}, {"", 0}};
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"rest_slow\",\"path\":\"/api/v3/trades\"}", 0);
    (void)post(f, "{\"fault\":\"rest_slow\",\"path\":\"/api/v3/\"}", 0);
    (void)turns(f, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t id = 0;
        const struct fault *hit = faults_strike(f, FAULT_REST_SLOW, slice_of(cases[i].path), &id);
        assert_int_equal(hit ? id : 0, cases[i].id);
    }
    faults_destroy(f);
}

static void one_frame_goes_behind_the_next(void **state)
{
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"reorder\"}", 0);
    (void)turns(f, 0);
    struct verdict first = judge(f, 0, FAULT_TRADES, 1);
    assert_int_equal(first.fate, FRAME_BEHIND);
    assert_int_equal(first.due_us, 2001 * US_PER_MS);
    assert_int_equal(judge(f, 1, FAULT_TRADES, 2).fate, FRAME_BEHIND); /* another symbol */
    struct verdict next = judge(f, 0, FAULT_TRADES, 3);
    assert_int_equal(next.fate, FRAME_PASS);
    assert_int_equal(next.due_us, 0);
    assert_true(next.follow);
    assert_int_equal(next.key, first.key);
    assert_int_equal(judge(f, 0, FAULT_TRADES, 4).fate, FRAME_BEHIND);
    assert_true(faults_end(f, 1));
    (void)turns(f, 5);
    assert_true(judge(f, 0, FAULT_TRADES, 6).follow); /* though the fault is over */
    assert_false(judge(f, 0, FAULT_TRADES, 7).follow);
    assert_false(judge(f, 1, FAULT_TRADES, 3000).follow); /* it did not wait so long */
    assert_int_equal(faults_total(f, FAULT_REORDER), 3);
    faults_destroy(f);
}

static void a_frame_that_waits_is_not_lost_to_a_drop(void **state)
{
    (void)state;
    struct faults *f = create(1);
    (void)post(f, "{\"fault\":\"reorder\",\"for_ms\":10}", 0);
    (void)post(f, "{\"fault\":\"drop\",\"after_ms\":10,\"for_ms\":10}", 0);
    (void)turns(f, 0);
    assert_int_equal(judge(f, 0, FAULT_TRADES, 1).fate, FRAME_BEHIND);
    (void)turns(f, 10);
    struct verdict gone = judge(f, 0, FAULT_TRADES, 11);
    assert_int_equal(gone.fate, FRAME_DROP);
    assert_false(gone.follow);
    (void)turns(f, 20);
    assert_true(judge(f, 0, FAULT_TRADES, 21).follow);
    faults_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_fault),
        cmocka_unit_test(a_file_names_the_entry),
        cmocka_unit_test(printed_as_they_were_read),
        cmocka_unit_test(begins_and_ends),
        cmocka_unit_test(comes_again),
        cmocka_unit_test(a_file_waits_for_the_market),
        cmocka_unit_test(keeps_no_more_than_fit),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(the_oldest_decides_and_a_delay_comes_on_top),
        cmocka_unit_test(no_frame_overtakes_one_that_is_held),
        cmocka_unit_test(chance_comes_from_the_seed),
        cmocka_unit_test(strikes),
        cmocka_unit_test(of_rest_by_path),
        cmocka_unit_test(one_frame_goes_behind_the_next),
        cmocka_unit_test(a_frame_that_waits_is_not_lost_to_a_drop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
